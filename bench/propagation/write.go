package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// writing is a run of writes that all watchers wait for.
type writing struct {
	catalog  catalog
	services []string
	watchers []*watcher
	rounds   int
	writes   int // in a round

	n int // writes so far
}

// write is one write: when it was sent and acknowledged, and when each watcher saw it.
type write struct {
	sent, acked time.Time
	seen        []time.Time
}

func (r *writing) add(w *watcher) { r.watchers = append(r.watchers, w) }

// run gives all writes by round. Those of the first round, in which connections are made, are left out.
func (r *writing) run(ctx context.Context) ([][]write, error) {
	if _, err := r.round(ctx, 2*len(r.services)); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	rounds := make([][]write, r.rounds)
	for i := range rounds {
		var err error
		if rounds[i], err = r.round(ctx, r.writes); err != nil {
			return nil, err
		}
	}
	return rounds, nil
}

// round writes to one service after the other. The pauses are uneven, so that nothing falls into step.
func (r *writing) round(ctx context.Context, writes int) ([]write, error) {
	round := make([]write, writes)
	for i := range round {
		var err error
		if round[i], err = r.write(ctx); err != nil {
			return nil, err
		}
		if err := discovery.Sleep(ctx, 10*time.Millisecond+rand.N(20*time.Millisecond)); err != nil {
			return nil, err
		}
	}
	return round, nil
}

func (r *writing) write(ctx context.Context) (w write, err error) {
	i, nth := r.n%len(r.services), r.n/len(r.services)
	r.n++
	service, address := r.services[i], addressOf(i, 1+nth)
	for _, watcher := range r.watchers {
		if err := watcher.expect(service, address); err != nil {
			return w, fmt.Errorf("tell %s what to expect: %w", watcher.name, err)
		}
	}
	w.sent = time.Now()
	if err := r.catalog.put(ctx, service, address); err != nil {
		return w, err
	}
	w.acked = time.Now()
	for _, watcher := range r.watchers {
		at, err := watcher.await(ctx, sighting{service, address, w.sent})
		if err != nil {
			return w, err
		}
		w.seen = append(w.seen, at)
	}
	return w, nil
}

// addressOf is where the backend of the i-th service is after so many writes: at one of two addresses.
func addressOf(i, writes int) string {
	return fmt.Sprintf("10.%d.%d.%d:8080", writes%2, i>>8&255, i&255)
}
