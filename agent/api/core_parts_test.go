package api_test

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/client/wire"
)

// services shows the groups; Group has another form in the feed's source.
type services struct{ *memory }

func (s services) List(context.Context) ([]wire.ServiceSummary, error) {
	var out []wire.ServiceSummary
	for _, name := range s.Names() {
		g, _ := s.memory.Group(name)
		out = append(out, wire.ServiceSummary{Name: name, Strategy: g.Strategy, BackendCount: len(g.Backends)})
	}
	return out, nil
}

func (s services) Group(_ context.Context, service string) (wire.Group, error) {
	if err := magic(service); err != nil {
		return wire.Group{}, err
	}
	g, ok := s.memory.Group(service)
	if !ok {
		return g, wire.NewProblem(wire.CodeUnknownService, "service %q is not known", service)
	}
	return g, nil
}

// leases is apart because two interfaces want a method End.
type leases struct{ *memory }

func (l leases) Take(ctx context.Context, c api.Caller, pick wire.Pick, ttl time.Duration) (wire.Lease, error) {
	selection, err := l.Select(ctx, pick)
	if err != nil {
		return wire.Lease{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index++
	id := "lease-" + strconv.FormatUint(l.index, 10)
	l.leases[id] = c.Conn
	if ttl > 0 {
		l.leases[id] = 0
	}
	l.callers[c.Conn] = c
	return wire.Lease{Selection: selection, LeaseID: id}, nil
}

func (l leases) Renew(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.leases[id]; !ok {
		return wire.NewProblem(wire.CodeUnknownLease, "the lease %q is gone", id)
	}
	return nil
}

func (l leases) End(_ api.Caller, id string, outcome wire.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.leases, id)
	l.ended = append(l.ended, outcome)
	return nil
}

// fast is what the fast lane asks.
type fast struct{ *memory }

func (f fast) Service(string) api.FastService { return f }

// SelectNow selects as Select does. A name with a meaning of its own is for that.
func (f fast) SelectNow(pick wire.Pick, into *wire.Selection) bool {
	if special(pick.Service) {
		return false
	}
	selection, err := f.Select(context.Background(), pick)
	*into = selection
	return err == nil
}

func special(service string) bool {
	switch service {
	case "pending", "keyed", "full", "broken", "panics", "blocks":
		return true
	}
	return false
}

func (f fast) Selected(n int) { f.fast.Add(int64(n)) }

// TakeNow takes a lease as Take does.
func (f fast) TakeNow(c api.Caller, pick wire.Pick, ttl time.Duration, into *wire.Lease) bool {
	if special(pick.Service) {
		return false
	}
	lease, err := leases(f).Take(context.Background(), c, pick, ttl)
	*into = lease
	if err == nil {
		f.Selected(1)
	}
	return err == nil
}

// feeds tells when a blocking read begins.
type feeds struct {
	*feed.Hub
	entered chan struct{}
}

func (f feeds) Wait(ctx context.Context, service string, index uint64, wait time.Duration) (wire.Group, error) {
	f.entered <- struct{}{}
	return f.Hub.Wait(ctx, service, index, wait)
}

// explainer says little, but of the service that was asked for.
type explainer struct{ *memory }

func (e explainer) Explain(ctx context.Context, pick wire.Pick) (wire.Selection, wire.Explanation, error) {
	selection, err := e.Select(ctx, pick)
	if code := (*wire.Problem)(nil); errors.As(err, &code) && code.Code == wire.CodeUnknownService {
		return selection, wire.Explanation{}, err
	}
	return selection, wire.Explanation{Service: pick.Service, Why: "because"}, err
}

func (e explainer) History(_ context.Context, service string) (wire.History, error) {
	if _, ok := e.Group(service); !ok {
		return wire.History{}, wire.NewProblem(wire.CodeUnknownService, "no service %q", service)
	}
	return wire.History{Service: service, Changes: []wire.Change{{Cause: "test", Effect: "done"}}}, nil
}
