package credential

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
)

// restAfterRefusal is how long the catalog is not asked again to take what it has refused: to check a
// password is dear.
const restAfterRefusal = 30 * time.Second

// Follower puts into force what files hold. Current and Status may be called concurrently, Look by one
// goroutine at a time.
type Follower struct {
	Files Files
	Log   hclog.Logger

	// Try asks the catalog whether it takes the new material. It blocks as long as that takes.
	Try func(context.Context, Material) error
	// Refused says whether an error of Try means that the catalog does not take it, and not that the
	// catalog could not be asked.
	Refused func(error) bool
	// Apply is called with what is in force from now on, and what was before.
	Apply func(now, before Material)

	current atomic.Pointer[Material]

	tried   Material // what was refused last
	again   time.Time
	mu      sync.Mutex
	problem error
}

// Begin puts into force what the files hold now, whatever the catalog thinks of it: there is no other.
func (f *Follower) Begin() error {
	m, err := f.Files.Read()
	if err != nil {
		return err
	}
	if _, err := m.TLS("", false); err != nil {
		return f.Files.blame(err)
	}
	f.current.Store(&m)
	return nil
}

// Current is the material in force.
func (f *Follower) Current() Material { return *f.current.Load() }

// Status says what an operator should know.
func (f *Follower) Status() discovery.Credentials {
	f.mu.Lock()
	defer f.mu.Unlock()
	return discovery.Credentials{Problem: f.problem, Expires: f.Current().Expires()}
}

// Look reads the files once and puts what is new into force, if it is good. A problem is logged once.
func (f *Follower) Look(ctx context.Context) {
	err := f.look(ctx)
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	news := err != nil && (f.problem == nil || f.problem.Error() != err.Error())
	f.problem = err
	f.mu.Unlock()
	if news {
		f.Log.Warn("new credentials can't be used, staying with those from before", "error", err)
	}
}

func (f *Follower) look(ctx context.Context) error {
	m, err := f.Files.Read()
	if err != nil {
		return err
	}
	before := f.Current()
	if m == before {
		return f.Files.blame(m.Check(time.Now())) // it may have expired meanwhile
	}
	if err := f.Files.blame(m.Check(time.Now())); err != nil {
		return err
	}
	if m == f.tried && time.Now().Before(f.again) {
		return f.lastProblem()
	}
	if err := f.Try(ctx, m); err != nil {
		if f.Refused(err) {
			f.tried, f.again = m, time.Now().Add(restAfterRefusal)
		}
		return err
	}
	f.current.Store(&m)
	f.Apply(m, before)
	f.Log.Info("new credentials are in force", "new-"+f.Files.Kind, m.Secret != before.Secret, "new-tls", !m.SameTLS(before))
	return nil
}

func (f *Follower) lastProblem() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.problem
}

// Follow looks again and again until ctx ends.
func (f *Follower) Follow(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.Look(ctx)
		}
	}
}
