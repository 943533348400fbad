package process

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestReadSample(t *testing.T) {
	tests := []struct {
		line   string
		name   string
		figure float64
		ok     bool
	}{
		{"go_goroutines 36", "go_goroutines", 36, true},
		{`remora_services{provider="a b",type="}"} 1.5e+06`, "remora_services", 1.5e6, true},
		{"# HELP go_goroutines Number of goroutines 7", "", 0, false},
		{"", "", 0, false},
		{"word", "", 0, false},
		{"name text", "name", 0, false},
	}
	for _, test := range tests {
		name, figure, ok := readSample(test.line)
		if ok != test.ok || ok && (name != test.name || figure != test.figure) {
			t.Errorf("%q reads as %q, %v, %v; want %q, %v, %v", test.line, name, figure, ok, test.name, test.figure, test.ok)
		}
	}
}

// A meter of this very process shows the time that it has just used.
func TestMeter(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		if _, err := Meter(os.Getpid()); err == nil {
			t.Error("there is nothing to read, and no error")
		}
		return
	}
	before, err := Meter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
	}
	after, err := Meter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if spent := Spent(before, after); spent <= 0 || after.RSS == 0 || after.Threads == 0 {
		t.Errorf("spent %v, in use is %+v; want more than nothing", spent, after)
	}
}

func TestStop(t *testing.T) {
	for _, command := range [][]string{{"sleep", "1000"}, {"true"}} {
		p, err := Start(t.Context(), command[0], command[0], command[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		p.Stop()
		if _, err := Meter(p.PID); err == nil {
			t.Errorf("%s has been stopped and is still there", command[0])
		}
	}
}

func TestUntil(t *testing.T) {
	never := errors.New("never")
	err := Until(t.Context(), 10*time.Millisecond, func(context.Context) error { return never })
	if !errors.Is(err, never) {
		t.Errorf("waited for what never comes: %v", err)
	}
	n := 0
	err = Until(t.Context(), time.Minute, func(context.Context) error {
		if n++; n < 3 {
			return never
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("waited for the third call: %d calls, %v", n, err)
	}
}
