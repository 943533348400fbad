package state

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// rig is a Keeper at work. Its log is read once the Keeper rests.
type rig struct {
	*Keeper
	t     *testing.T
	path  string
	log   bytes.Buffer
	mu    sync.Mutex
	times []time.Duration // of the beginnings of writes, since the start
	slow  atomic.Pointer[func()]
	end   func()
}

// keep runs a Keeper, in the bubble of a synctest.
func keep(t *testing.T) *rig {
	t.Helper()
	f, path := openNew(t)
	r := &rig{t: t, path: path}
	start := time.Now()
	r.Keeper = NewKeeper(Options{
		Folder: f,
		Logger: hclog.New(&hclog.LoggerOptions{Output: &r.log}),
		Index:  func() uint64 { return 7 },
		Gather: func(w *Writer) {
			r.mu.Lock()
			r.times = append(r.times, time.Since(start))
			r.mu.Unlock()
			if f := r.slow.Load(); f != nil {
				(*f)()
			}
			s := full()
			s.gather(w)
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.end = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	synctest.Wait()
	return r
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) writes() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.times)
}

func (r *rig) wrote(want ...time.Duration) {
	r.t.Helper()
	if fmt.Sprint(r.writes()) != fmt.Sprint(want) {
		r.t.Errorf("it wrote at %v, want %v", r.writes(), want)
	}
}

func TestChangesAreWrittenSoonAndAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		for range 10 {
			r.Changed()
		}
		pass(10 * time.Millisecond)
		r.wrote() // not in the first second either: much is new then
		pass(990 * time.Millisecond)
		r.wrote(time.Second)
		for range 300 { // changes for three seconds
			r.Changed()
			pass(10 * time.Millisecond)
		}
		r.wrote(time.Second, 2*time.Second, 3*time.Second, 4*time.Second)
		pass(20 * time.Second)
		n := len(r.writes())
		r.Changed()
		pass(time.Nanosecond)
		if len(r.writes()) != n+1 {
			t.Error("a change after a quiet time was not written at once")
		}
		r.end()
		if len(r.writes()) != n+2 {
			t.Error("it did not write at the end")
		}
	})
}

func TestWhatWasTouchedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		r.Touched()
		pass(9 * time.Second)
		r.wrote()
		pass(2 * time.Second)
		if len(r.writes()) != 1 {
			t.Errorf("it wrote at %v, want once after 10 or 11 s", r.writes())
		}
		pass(55 * time.Second)
		if len(r.writes()) != 1 {
			t.Errorf("nothing happened and it wrote at %v", r.writes())
		}
		pass(20 * time.Second) // for the ages
		if len(r.writes()) != 2 {
			t.Errorf("it wrote at %v, want once a minute", r.writes())
		}
		r.end()
	})
}

// TestALongWriteIsFollowedByALongPause takes a write that lasts for a second.
func TestALongWriteIsFollowedByALongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		long := func() { time.Sleep(time.Second) }
		r.slow.Store(&long)
		for range 600 {
			r.Changed()
			pass(time.Second)
		}
		if n := len(r.writes()); n < 10 || n > 12 {
			t.Errorf("in ten minutes it wrote at %v, want every 51 s", r.writes())
		}
		r.end()
	})
}

func TestPauseAfter(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0:                     time.Second,
		10 * time.Millisecond: time.Second,
		time.Second:           50 * time.Second,
		time.Hour:             10 * time.Minute,
	} {
		if got := pauseAfter(took); got != want {
			t.Errorf("after a write of %v the pause is %v, want %v", took, got, want)
		}
	}
}

// TestADiskThatHangs never ends a write, from the second one on.
func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		r.Changed()
		pass(2 * time.Second)
		if s := r.Stats(); s.Writes != 1 || s.Failures != 0 || s.Bytes == 0 {
			t.Fatalf("at first: %+v", s)
		}
		release := make(chan struct{})
		hang := func() { <-release }
		r.slow.Store(&hang)
		r.Changed()
		pass(time.Minute)
		if s := r.Stats(); !s.Failing || s.Failures != 1 || s.Age < 50*time.Second {
			t.Errorf("while it hangs: %+v", s)
		}
		began := time.Now()
		r.end()
		if took := time.Since(began); took != lastWrite {
			t.Errorf("the end took %v, want %v", took, lastWrite)
		}
		if n := strings.Count(r.log.String(), "[ERROR]"); n != 1 {
			t.Errorf("%d lines of the log for one episode:\n%s", n, &r.log)
		}
		close(release)
		synctest.Wait()
	})
}

// TestADiskThatFailsForAWhile can't make its file for some seconds.
func TestADiskThatFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		blocked := filepath.Join(r.path, newFile, "x")
		if err := os.MkdirAll(blocked, 0o700); err != nil {
			t.Fatal(err)
		}
		r.Changed()
		pass(5*time.Second + time.Millisecond)
		s := r.Stats()
		if s.Writes != 0 || s.Failures != 5 || !s.Failing || s.Age < 5*time.Second {
			t.Errorf("while it fails: %+v", s)
		}
		if err := os.RemoveAll(filepath.Dir(blocked)); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		if s := r.Stats(); s.Writes != 1 || s.Failures != 5 || s.Failing || s.Age > 2*time.Second {
			t.Errorf("afterwards: %+v", s)
		}
		r.end()
		text := r.log.String()
		if strings.Count(text, "[ERROR]") != 1 || strings.Count(text, "written again") != 1 || strings.Count(text, "\n") != 2 {
			t.Errorf("the log says, for one episode:\n%s", text)
		}
	})
}

// TestTheLastWriteHasTheLastChange ends right after a change.
func TestTheLastWriteHasTheLastChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := keep(t)
		r.Changed()
		r.end()
		if reading := r.o.Folder.Load(time.Now()); !reading.Found || reading.State.Meta.Index != 7 || len(reading.State.Services) != len(full().Services) {
			t.Errorf("after the end: %+v", reading)
		}
	})
}
