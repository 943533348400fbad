package main

import (
	"context"
	"os"
	"time"

	"github.com/remora-agent/remora/bench/process"
)

// startAgent starts the agent, or one that takes profiles of itself.
func (b *bench) startAgent(ctx context.Context, provider string) (*process.Agent, error) {
	command := []string{b.agent, "agent", "-config"}
	if b.profile != "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self, insideArgument, b.profile}
	}
	return process.StartAgent(ctx, b.folder, provider, command...)
}

// awaitReady returns how long it took from the start until every service has data and can be asked for.
func awaitReady(ctx context.Context, a *process.Agent, services int) (time.Duration, error) {
	err := process.Until(ctx, patience, func(ctx context.Context) error { return a.Get(ctx, "/readyz", nil) })
	if err != nil {
		return 0, err
	}
	if services == 0 {
		return time.Since(a.Started), nil
	}
	err = process.Until(ctx, patience, func(ctx context.Context) error {
		return a.Get(ctx, "/v1/select/"+serviceName(services-1), nil)
	})
	return time.Since(a.Started), err
}

// collected has the agent answer long lists until its garbage collector has run, so that what it then
// says of its heap holds no garbage of before, and returns its figures.
func collected(ctx context.Context, a *process.Agent) (map[string]float64, error) {
	before, err := a.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	for {
		for range 10 {
			if err := a.Get(ctx, "/v1/services", nil); err != nil {
				return nil, err
			}
		}
		now, err := a.Metrics(ctx)
		if err != nil || now[collections] > before[collections]+1 { // one may have been on its way
			return now, err
		}
	}
}

// The agent's figures that are read.
const (
	collections = "go_gc_duration_seconds_count"
	liveHeap    = "go_gc_heap_live_bytes"
	goroutines  = "go_goroutines"
	updates     = "remora_provider_updates_total"
)
