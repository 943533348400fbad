package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

var (
	errRefused = errors.New("the catalog refuses it")
	errAway    = errors.New("the catalog is away")
)

// rig is a follower of a file with a token, and a catalog that takes what it likes.
type rig struct {
	*Follower
	t       *testing.T
	takes   error
	tries   int
	applied []string
	log     strings.Builder
}

func newRig(t *testing.T, first string) *rig {
	t.Helper()
	r := &rig{t: t}
	r.Follower = &Follower{
		Files: Files{Kind: "token", SecretFile: filepath.Join(t.TempDir(), "token")},
		Log:   hclog.New(&hclog.LoggerOptions{Output: &r.log}),
		Try: func(context.Context, Material) error {
			r.tries++
			return r.takes
		},
		Refused: func(err error) bool { return errors.Is(err, errRefused) },
		Apply:   func(now, before Material) { r.applied = append(r.applied, before.Secret+">"+now.Secret) },
	}
	r.write(first)
	if err := r.Begin(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) write(text string) {
	r.t.Helper()
	if err := os.WriteFile(r.Files.SecretFile, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// look looks once and compares what is then in force, and whether there is a problem.
func (r *rig) look(want string, problem error) {
	r.t.Helper()
	r.Look(r.t.Context())
	if got := r.Current().Secret; got != want {
		r.t.Errorf("%q is in force, want %q", got, want)
	}
	if got := r.Status().Problem; (problem == nil) != (got == nil) || problem != nil && !strings.Contains(got.Error(), problem.Error()) {
		r.t.Errorf("the problem is %v, want %v", got, problem)
	}
}

func TestFollowerTriesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "one\n")
		r.look("one", nil)
		r.write("two\n")
		r.takes = errAway
		r.look("one", errAway)
		r.look("one", errAway)
		r.takes = errRefused
		r.look("one", errRefused)
		if r.tries != 3 {
			t.Errorf("tried %d times, want 3: what can't be asked is asked at each look", r.tries)
		}
		r.takes = nil
		r.look("one", errRefused)    // it has been refused just now
		time.Sleep(restAfterRefusal) // of the bubble's clock
		r.look("two", nil)
		r.write("three")
		r.look("three", nil)
		if got := fmt.Sprint(r.applied); got != "[one>two two>three]" {
			t.Errorf("applied %s", got)
		}
		if lines := strings.Count(r.log.String(), "can't be used"); lines != 2 {
			t.Errorf("%d lines tell of problems, want one for each of the two:\n%s", lines, r.log.String())
		}
		for _, secret := range []string{"one", "two", "three"} {
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

func TestFollowerKeepsWhatABrokenFileHeld(t *testing.T) {
	r := newRig(t, "one")
	r.write(" \n")
	r.look("one", errors.New("it is empty"))
	if err := os.Remove(r.Files.SecretFile); err != nil {
		t.Fatal(err)
	}
	r.look("one", errors.New("no such file"))
	r.write("one")
	r.look("one", nil)
	if r.tries > 0 {
		t.Errorf("tried %d times, want none", r.tries)
	}
}

func TestMaterialPrintsNothing(t *testing.T) {
	m := Material{Secret: "canary", CA: "canary", Cert: "canary", Key: "canary"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, m); strings.Contains(got, "canary") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
