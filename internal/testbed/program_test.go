package testbed

import (
	"context"
	"os"
	"slices"
	"testing"
)

func TestRun(t *testing.T) {
	var done []string
	var folder string
	var life context.Context
	err := Run(t.Context(), "bench", func(t testing.TB) {
		t.Cleanup(func() { done = append(done, "first") })
		t.Cleanup(func() { done = append(done, "second") })
		folder, life = t.TempDir(), t.Context()
		t.Errorf("error %d", 1)
		t.Fatalf("error %d", 2)
		done = append(done, "went on")
	})
	if err == nil || err.Error() != "error 1\nerror 2" {
		t.Errorf("the error is %v, want both", err)
	}
	if want := []string{"second", "first"}; !slices.Equal(done, want) {
		t.Errorf("done were %q, want %q", done, want)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
	if life.Err() == nil {
		t.Error("its context has not ended")
	}
	if err := Run(t.Context(), "bench", func(testing.TB) {}); err != nil {
		t.Errorf("nothing went wrong, and the error is %v", err)
	}
}

// TestRunServer is what programs use it for.
func TestRunServer(t *testing.T) {
	var at string
	err := Run(t.Context(), "bench", func(program testing.TB) {
		b := StartTCPBackend(program, "db-1\n")
		at = b.Address()
		dial(t, StartProxy(t, at)).expect(t, "db-1")
	})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, StartProxy(t, at)).expectEnd(t)
}
