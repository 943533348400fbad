package health

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lab is a checker in a synctest bubble with a network of the test's making, and notes of what it did.
type lab struct {
	*Checker
	stop func() // ends Run and waits for it

	mu       sync.Mutex
	answer   func(ctx context.Context, address string) error // the network
	begun    map[string][]time.Duration                      // when probes began, by address
	results  []Result
	inFlight int
	most     int // in flight at a time
}

// newLab runs a checker that the end of the test stops. It must be called in a bubble.
func newLab(t *testing.T, slots int, answer func(ctx context.Context, address string) error) *lab {
	l := &lab{answer: answer, begun: map[string][]time.Duration{}}
	l.Checker = New(Options{Sink: l, MaxInFlight: slots})
	l.attempt = l.probe
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	l.stop = func() { cancel(); run.Wait() }
	t.Cleanup(l.stop)
	return l
}

func (l *lab) probe(ctx context.Context, address string, _ Check) error {
	l.mu.Lock()
	l.begun[address] = append(l.begun[address], l.now())
	l.inFlight++
	l.most = max(l.most, l.inFlight)
	answer := l.answer
	l.mu.Unlock()
	err := answer(ctx, address)
	l.mu.Lock()
	l.inFlight--
	l.mu.Unlock()
	return err
}

// Checked is for Sink.
func (l *lab) Checked(r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.results = append(l.results, r)
}

// network changes how probes end from now on.
func (l *lab) network(answer func(ctx context.Context, address string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = answer
}

// starts returns when the probes of an address began.
func (l *lab) starts(address string) []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.begun[address])
}

// heard returns the verdicts that the sink was told about a target since it was last asked about any,
// as in "ok ok failed".
func (l *lab) heard(service, address string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var verdicts []string
	for _, r := range l.results {
		if r.Service == service && r.Address == address {
			verdicts = append(verdicts, r.Verdict.String())
		}
	}
	l.results = nil
	return strings.Join(verdicts, " ")
}

// pass lets the bubble's clock go on by d and everything due by then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// The networks of these tests.
func fine(context.Context, string) error { return nil }

func refused(context.Context, string) error { return fmt.Errorf("refused") }

func hang(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// taking answers after d.
func taking(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

// everySecond is the check of most of these tests.
var everySecond = Check{Type: TypeTCP, Interval: time.Second, Timeout: time.Second}

func targets(check Check, addresses ...string) []Target {
	list := make([]Target, len(addresses))
	for i, address := range addresses {
		list[i] = Target{Address: address, Check: check}
	}
	return list
}

// numbered returns n addresses: "good-0:1", "good-1:1" …
func numbered(name string, n int) []string {
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("%s-%d:1", name, i)
	}
	return addresses
}

// verify checks that the checker's tables agree with each other.
func (c *Checker) verify() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	members := 0
	for service, group := range c.services {
		members += len(group)
		for address, m := range group {
			p := c.probes[m.probe.key]
			if p != m.probe || p.address != address || m.service != service || p.members[m.place] != m {
				return fmt.Errorf("target %s of %s is not a member of its probe", address, service)
			}
		}
	}
	waiting := 0
	for class, h := range c.schedule.waiting {
		waiting += len(h)
		for i, e := range h {
			p := e.probe
			if p.place != i || p.due != e.due || int(p.class) != class || p.inFlight || c.probes[p.key] != p {
				return fmt.Errorf("probe %s is in the wrong place", p.address)
			}
		}
	}
	for p := range maps.Values(c.probes) {
		members -= len(p.members)
		if len(p.members) == 0 && !p.inFlight {
			return fmt.Errorf("probe %s has no members", p.address)
		}
	}
	if members != 0 {
		return fmt.Errorf("targets less members of probes: %d, want 0", members)
	}
	if got := waiting + c.schedule.inFlight(); got != len(c.probes) {
		return fmt.Errorf("%d probes wait or fly, want %d", got, len(c.probes))
	}
	return nil
}
