package agent

import (
	"errors"
	"slices"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/lease"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// problem turns an error of the rooms below into the answer that applications get. What has no code
// stays as it is.
func problem(service string, err error) error {
	var already *wire.Problem
	switch {
	case err == nil || errors.As(err, &already):
		return err
	case errors.Is(err, balancer.ErrUnknownService):
		return wire.NewProblem(wire.CodeUnknownService, "service %q is neither registered, nor configured, nor permitted by the globs of a provider", service)
	case errors.Is(err, balancer.ErrUnknownBackend):
		return wire.NewProblem(wire.CodeUnknownBackend, "%v", err)
	case errors.Is(err, balancer.ErrKeyRequired):
		return wire.NewProblem(wire.CodeKeyRequired, "the strategy of service %q sends equal keys to the same backend, so it needs one: add key=…", service)
	case errors.Is(err, balancer.ErrNoBackends):
		return wire.NewProblem(wire.CodeNoBackends, "service %q has no backends", service)
	case errors.Is(err, balancer.ErrNoHealthyBackend):
		return wire.NewProblem(wire.CodeNoHealthyBackend, "no backend of service %q is healthy, has a weight above 0 and is not excluded", service)
	case errors.Is(err, lease.ErrOverLimit):
		return wire.NewProblem(wire.CodeOverLimit, "%v", err)
	case errors.Is(err, lease.ErrEnded):
		return wire.NewProblem(wire.CodeNotReady, "%v", err)
	}
	return err
}

// configProblem turns the faults of a configuration into an answer that carries each of them.
func configProblem(err error) error {
	var faults config.Faults
	if !errors.As(err, &faults) {
		return err
	}
	p := wire.NewProblem(wire.CodeBadRequest, "the configuration has %d fault(s); nothing was changed", len(faults))
	p.Faults = faults.Wire()
	return p
}

// sorted returns a sorted copy that is never nil.
func sorted(names []string) []string {
	names = append([]string{}, names...)
	slices.Sort(names)
	return names
}
