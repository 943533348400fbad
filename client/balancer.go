package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// Balancer chooses backends inside the application: it has the groups that the agent has, with their
// health and settings, kept up to date over a watch, so that a selection is neither a system call nor an
// allocation. What the application does with backends flows back to the agent, so that other processes
// of the host take it into account, and what those do flows in.
//
// When the agent is away, the Balancer goes on from what it last knew, with [Selection.Stale] true and
// [Balancer.Status] saying since when, and catches up when the agent is back. It is safe for concurrent
// use.
type Balancer struct {
	client   *Client
	services []string
	lb       *balancer.LoadBalancer
	groups   map[string]*wire.Group // as the agent told; of the goroutine that follows it
	ledger   ledger
	hooks    hooks
	link     link

	close func() // once
}

// Selection is a backend that was chosen: its address and what the catalog says of it.
type Selection = balancer.Selection

// Open returns a Balancer of the services. It asks the agent that listens at the path socket for each of
// them, and waits for one that is starting, until ctx ends; afterwards ctx has no meaning for the
// Balancer, which works until Close. A service that the agent does not know is a [*wire.Problem] with
// [wire.CodeUnknownService].
func Open(ctx context.Context, socket string, services ...string) (*Balancer, error) {
	if len(services) == 0 {
		return nil, errors.New("open balancer: no service is named")
	}
	b := &Balancer{
		client:   New(socket, WithPatience(0)),
		services: slices.Compact(slices.Sorted(slices.Values(services))),
		groups:   make(map[string]*wire.Group),
	}
	b.lb = balancer.New(balancer.OnPublish(func(service string, _ uint64) { b.hooks.changed(service) }))
	b.ledger.lb = b.lb
	for _, service := range b.services {
		if err := b.begin(ctx, service); err != nil {
			b.client.Close()
			return nil, fmt.Errorf("open balancer: %w", err)
		}
	}
	b.start()
	return b, nil
}

// begin asks for a service until the agent knows about it, one way or the other.
func (b *Balancer) begin(ctx context.Context, service string) error {
	var last error
	for wait := (backoff{}); ; {
		group, err := b.client.Group(ctx, service)
		switch {
		case err == nil:
			b.link.heard()
			return b.adopt(&group)
		case unsettled(err):
			last = err
		case ctx.Err() == nil:
			return err
		}
		if !pause(ctx, wait.next()) {
			return errors.Join(ctx.Err(), last)
		}
	}
}

// unsettled says whether an error may be gone in a moment.
func unsettled(err error) bool {
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		return p.Code == wire.CodeNotReady || p.Code == wire.CodeOverLimit
	}
	return errors.Is(err, ErrUnreachable)
}

// start runs what keeps the Balancer up to date until Close.
func (b *Balancer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.follow(ctx) })
	running.Go(func() { b.tick(ctx) })
	running.Go(func() { newTeller(b).run(ctx) })
	b.close = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		b.client.Close()
	})
}

// tick lets the balancer's time pass.
func (b *Balancer) tick(ctx context.Context) {
	ticker := time.NewTicker(balancer.TickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			b.lb.Tick()
		case <-ctx.Done():
			return
		}
	}
}

// Close tells the agent the last outcomes, for at most a second, and lets go of it: connections that are
// still in use are not counted by the agent any more. Selections work on, from what is known by then.
func (b *Balancer) Close() { b.close() }

// Services returns the services that the Balancer was opened with, sorted.
func (b *Balancer) Services() []string { return slices.Clone(b.services) }

// Select returns a healthy backend of the service by its strategy, as the agent would. Errors are
// [balancer.ErrNoHealthyBackend], [balancer.ErrKeyRequired], and [balancer.ErrUnknownService] for one
// that the Balancer was not opened with or that the agent has lost. It allocates nothing and never
// blocks. Uses of the backend are not counted: see Acquire.
func (b *Balancer) Select(service string) (*balancer.Backend, error) { return b.lb.Select(service) }

// SelectWith is Select with a key or addresses that are not wanted, and tells more about the backend.
func (b *Balancer) SelectWith(service string, pick balancer.Pick) (Selection, error) {
	return b.lb.SelectWith(service, pick)
}

// SelectMany returns up to n different backends, best first. Errors are those of Select.
func (b *Balancer) SelectMany(service string, pick balancer.Pick, n int) ([]Selection, error) {
	return b.lb.SelectMany(service, pick, n)
}

// Snapshot returns all that is known of a service, at one moment.
func (b *Balancer) Snapshot(service string) (balancer.GroupSnapshot, error) {
	return b.lb.GroupSnapshot(service)
}

// Eligible returns the backends that may be selected now, with their weights; nil for a service that is
// not known.
func (b *Balancer) Eligible(service string) []balancer.Eligible { return b.lb.Eligible(service) }
