package agent

import (
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// What the fast lane of the API asks for: the same selections as in selector.go and leases.go, for
// services that are there, without waiting and without what that takes.

var (
	_ api.FastSelector = (*selector)(nil)
	_ api.FastLeases   = leases{}
)

// SelectNow selects a backend of a service that is there.
func (s *selector) SelectNow(pick wire.Pick, into *wire.Selection) bool {
	selection, err := s.groups.lb.SelectWith(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
	if err != nil {
		return false
	}
	*into = wireSelection(pick.Service, selection)
	return true
}

// Selected counts selections by SelectNow, and keeps the service watched.
func (s *selector) Selected(service string, n int) {
	s.served(service, n)
	if r := s.groups.record(service); r != nil && !r.api {
		s.catalog.Ask(service)
	}
}

// TakeNow selects a backend of a service that is there and counts a use of it until the lease ends.
func (l leases) TakeNow(caller api.Caller, pick wire.Pick, ttl time.Duration, into *wire.Lease) bool {
	selection, release, err := l.selector.groups.lb.SelectAndAcquire(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
	if err != nil {
		return false
	}
	into.Selection = wireSelection(pick.Service, selection)
	into.LeaseID, err = l.table.Take(newLease(caller, into.Selection, ttl, release))
	if err != nil {
		return false
	}
	l.selector.Selected(pick.Service, 1)
	return true
}
