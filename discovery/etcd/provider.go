package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/credential"
)

// Provider watches the services under one prefix of an etcd. Run must be running for Watch and List
// to have something to say. All methods may be called concurrently; Run only once.
type Provider struct {
	config Config
	logger hclog.Logger
	mirror *mirror
	doubts chan string // services to be read again

	access  *credential.Follower
	renewed chan struct{} // holds one token when access has changed

	// Of the goroutine that runs Run.
	history history   // of the etcd that was listed last
	lostAt  time.Time // when etcd was lost; zero while it is followed
	ignored int       // keys of the last list that name no service
}

var (
	_ discovery.Provider  = (*Provider)(nil)
	_ discovery.Attacher  = (*Provider)(nil)
	_ discovery.Lister    = (*Provider)(nil)
	_ discovery.Runner    = (*Provider)(nil)
	_ discovery.Reachable = (*Provider)(nil)

	_ discovery.Credentialed = (*Provider)(nil)
)

// New checks config, reads the TLS files once to find mistakes early, and connects to nothing yet. A
// nil logger logs nothing.
func New(config Config, logger hclog.Logger) (*Provider, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure etcd: %w", err)
	}
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	p := &Provider{
		config: config, logger: logger, mirror: newMirror(config.Prefix),
		doubts: make(chan string, doubtsWaiting), renewed: make(chan struct{}, 1),
	}
	p.access = p.newFollower()
	if err := p.access.Begin(); err != nil {
		return nil, fmt.Errorf("configure etcd: %w", err)
	}
	return p, nil
}

// Attach implements discovery.Attacher. A service whose keys are all gone, or were never there, is
// published as empty; nothing is published before the prefix was listed completely. What was known
// when etcd was lost is published to new watches too, with the time that it is of and the reason.
func (p *Provider) Attach(q discovery.Query, sink discovery.Sink) (detach func()) {
	return p.mirror.subscribe(q, sink)
}

// Watch does the same as Attach until ctx ends.
func (p *Provider) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	defer p.Attach(q, sink)()
	<-ctx.Done()
	return ctx.Err()
}

// List implements discovery.Lister. A service exists while it has a key, whatever its value.
func (p *Provider) List(ctx context.Context, publish func(names []string)) error {
	w := p.mirror.watchNames()
	defer p.mirror.unwatchNames(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
			if names, changed := p.mirror.takeNames(w); changed {
				publish(names)
			}
		}
	}
}

// Run implements discovery.Runner: it keeps the mirror until ctx ends, and then returns nil. It
// never gives up.
func (p *Provider) Run(ctx context.Context) error {
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { p.access.Follow(ctx, p.config.RefreshEvery) })
	for attempt := 0; ; attempt++ {
		s := &session{Provider: p}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if s.worked {
			attempt = 0
		}
		p.lost(s.listed, err)
		if p.rest(ctx, p.pause(s, attempt, err)) != nil {
			return nil
		}
	}
}

// rest waits for d, or until there is something new to show to etcd.
func (p *Provider) rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.renewed:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// lost is called when a session has ended. That the server compacted what the watch still needed is no
// fault of a session that has listed: the next one lists again, and nothing is stale unless that fails. The
// same goes for a watch that has missed changes, which was found out by asking an etcd that answers.
func (p *Provider) lost(listed bool, err error) {
	switch {
	case listed && errors.Is(err, rpctypes.ErrCompacted):
		p.logger.Info("etcd has compacted what the watch still needed, listing again", "prefix", p.config.Prefix)
		return
	case listed && errors.Is(err, errRenewed):
		return
	case errors.Is(err, errMissed):
		p.logger.Warn("etcd has something else than the watch has brought, listing again", "prefix", p.config.Prefix, "error", err)
		return
	}
	p.mirror.fail(err)
	if !p.lostAt.IsZero() {
		p.logger.Debug("etcd still does not answer", "error", err)
		return
	}
	p.lostAt = time.Now()
	if p.history.known() {
		p.logger.Warn("etcd is lost, keeping what is known", "prefix", p.config.Prefix, "error", err)
	} else {
		p.logger.Warn("etcd can't be reached, nothing is known yet", "prefix", p.config.Prefix, "error", err)
	}
}

// found is called when a list is complete, with the names of the services that it changed and of those
// among them that had keys and have none now.
func (p *Provider) found(services int, changed, emptied []string, now history) {
	logger := p.logger.With("services", services, "changed-services", len(changed), "revision", now.revision)
	if p.history.brokenBy(now) {
		p.complainOfHistory(emptied, now)
	}
	switch {
	case !p.history.known():
		logger.Info("etcd is followed")
	case !p.lostAt.IsZero():
		logger.Info("etcd answers again", "after", time.Since(p.lostAt).Round(time.Millisecond))
	default:
		logger.Debug("etcd was listed again")
	}
	p.history, p.lostAt = now, time.Time{}
}

// Status says how fresh the whole catalog is, at the cost of one lock.
type Status struct {
	Heard    time.Time // the last completed answer; zero before the first
	Err      error     // why the catalog is not being followed now; nil while it is
	Services int       // under the prefix, watched or not
}

// Status returns how the catalog is doing now.
func (p *Provider) Status() Status {
	p.mirror.mu.Lock()
	defer p.mirror.mu.Unlock()
	return Status{Heard: p.mirror.heard, Err: p.mirror.err, Services: len(p.mirror.catalog)}
}

// LastAnswer returns when etcd last completed an answer, and why it is not being followed now.
func (p *Provider) LastAnswer() (time.Time, error) {
	status := p.Status()
	return status.Heard, status.Err
}
