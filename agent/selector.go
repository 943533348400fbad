package agent

import (
	"context"
	"errors"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
)

// maxExclude is how many addresses a pick may exclude: each is compared with each backend.
const maxExclude = 100

// firstAnswer is how long a request waits for the first snapshot of a service.
const firstAnswer = 2 * time.Second

// selector answers selects, and has services watched that are asked for.
type selector struct {
	groups  *groups
	catalog *discovery.Catalog
	served  func(service string, n int)     // counts selections that came out well
	failed  func(service string, err error) // counts one that did not
}

var _ api.Selector = (*selector)(nil)

// Select gives one backend.
func (s *selector) Select(ctx context.Context, pick wire.Pick) (wire.Selection, error) {
	var chosen wire.Selection
	err := s.try(ctx, pick, func() error {
		selection, err := s.groups.lb.SelectWith(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
		if err == nil {
			chosen = wireSelection(pick.Service, selection)
		}
		return err
	})
	return chosen, err
}

// SelectMany gives up to n different backends, best first.
func (s *selector) SelectMany(ctx context.Context, pick wire.Pick, n int) ([]wire.Selection, error) {
	var chosen []wire.Selection
	err := s.try(ctx, pick, func() error {
		selections, err := s.groups.lb.SelectMany(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude}, n)
		for _, selection := range selections {
			chosen = append(chosen, wireSelection(pick.Service, selection))
		}
		return err
	})
	return chosen, err
}

// try selects, once the service is there, and counts the outcome.
func (s *selector) try(ctx context.Context, pick wire.Pick, choose func() error) error {
	service := pick.Service
	if len(pick.Exclude) > maxExclude {
		return wire.NewProblem(wire.CodeBadRequest, "%d addresses are excluded, at most %d are allowed", len(pick.Exclude), maxExclude)
	}
	err := s.await(ctx, service, choose)
	if err == nil {
		s.served(service, 1)
	} else {
		s.failed(service, err)
	}
	return problem(service, err)
}

// await runs f, which fails with ErrUnknownService for a service that is not there. If that one is
// configured or permitted, it waits for its first snapshot and runs f again. A service of a source is
// asked for first, which keeps it watched.
func (s *selector) await(ctx context.Context, service string, f func() error) error {
	s.keep(service)
	err := f()
	if !errors.Is(err, balancer.ErrUnknownService) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	answer, late := s.wait(ctx, service)
	if late != nil {
		return late
	}
	if answer == discovery.Ready {
		if err = f(); !errors.Is(err, balancer.ErrUnknownService) {
			return err
		}
		answer, _ = s.catalog.Wait(ctx, service) // it was dropped as idle in this very moment
	}
	switch answer {
	case discovery.Ready:
		return f()
	case discovery.Pending:
		return s.pending(service)
	case discovery.OverLimit:
		return wire.NewProblem(wire.CodeOverLimit, "too many services are watched on demand; service %q is not", service)
	case discovery.Absent:
		return wire.NewProblem(wire.CodeUnknownService, "no provider that may serve %q has such a service", service)
	default:
		return err
	}
}

// keep says that a service is in use, so that one of a source stays watched.
func (s *selector) keep(service string) {
	if r := s.groups.record(service); r != nil && !r.api {
		s.catalog.Ask(service)
	}
}

// wait waits for the first snapshot of a service, between two turns if the request has them.
func (s *selector) wait(ctx context.Context, service string) (answer discovery.Answer, err error) {
	err = fair.Pause(ctx, func() { answer, _ = s.catalog.Wait(ctx, service) })
	return answer, err
}

// pending says why nothing is known of a service yet.
func (s *selector) pending(service string) error {
	if status, ok := s.catalog.ServiceStatus(service); ok && status.Stale {
		return wire.NewProblem(wire.CodeNotReady, "the catalog that may have service %q can't be asked now", service)
	}
	return wire.NewProblem(wire.CodeNotReady, "the first answer about service %q is still on its way", service)
}
