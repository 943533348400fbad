package api

import (
	"context"
	"math"
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// Embedded is what a Reporter should be besides, for balancers inside applications.
type Embedded interface {
	// Feedback takes over how many connections the caller's process has in use and how uses went, and
	// tells the load of the host. What it is told of connections holds until the caller's connection
	// ends. Services and backends that are not known are passed over: they may just have left.
	Feedback(ctx context.Context, caller Caller, f wire.Feedback) (wire.FeedbackAnswer, error)
}

// feedback serves POST /v1/feedback.
func (h *handler) feedback(w *response, r *request) error {
	embedded, ok := h.core.Reporter.(Embedded)
	if !ok {
		return wire.NewProblem(wire.CodeUnknownRoute, "this agent takes no feedback")
	}
	var f wire.Feedback
	if err := decode(r.body, &f); err != nil {
		return err
	}
	if err := checkFeedback(&f); err != nil {
		return err
	}
	answer, err := embedded.Feedback(r.Context(), r.caller, f)
	if err != nil {
		return err
	}
	return w.json(http.StatusOK, answer)
}

// checkFeedback also makes the addresses canonical.
func checkFeedback(f *wire.Feedback) error {
	outcomes := 0
	for i := range f.Services {
		s := &f.Services[i]
		if err := checkService(s.Service); err != nil {
			return err
		}
		for j := range s.Backends {
			n, err := checkBackendFeedback(&s.Backends[j])
			if err != nil {
				return err
			}
			if outcomes += n; outcomes > wire.MaxOutcomes {
				return badRequest("there are more than %d outcomes; more than one request can tell of more", wire.MaxOutcomes)
			}
		}
	}
	return nil
}

// checkBackendFeedback gives the number of outcomes, which is never so large that it can overflow.
func checkBackendFeedback(b *wire.BackendFeedback) (outcomes int, err error) {
	if b.Address, err = canonical(b.Address); err != nil {
		return 0, err
	}
	if b.Active < 0 || b.Active > wire.MaxActive {
		return 0, badRequest("active is %d at %s, a number from 0 to %d is allowed", b.Active, b.Address, wire.MaxActive)
	}
	if !(b.LatencyMS >= 0) || math.IsInf(b.LatencyMS, 1) {
		return 0, badRequest("latency_ms is %v at %s, a finite number of at least 0 is allowed", b.LatencyMS, b.Address)
	}
	measured, err := sumOf("latencies", b.Address, b.Latencies, 0)
	if err != nil {
		return 0, err
	}
	if outcomes, err = sumOf("outcomes", b.Address, b.Outcomes, -wire.MaxOutcomes); err != nil {
		return 0, err
	}
	switch buckets := len(wire.LatencyBoundsMS) + 1; {
	case len(b.Latencies) > buckets:
		return 0, badRequest("there are %d buckets of latencies at %s, at most %d are allowed", len(b.Latencies), b.Address, buckets)
	case measured > outcomes:
		return 0, badRequest("there are %d latencies at %s and %d outcomes, at most one for each is allowed", measured, b.Address, outcomes)
	}
	return outcomes, nil
}

// sumOf adds up numbers without their signs.
func sumOf(what, address string, numbers []int, least int) (sum int, err error) {
	for _, n := range numbers {
		if n < least || n > wire.MaxOutcomes {
			return 0, badRequest("%s has %d at %s, numbers from %d to %d are allowed", what, n, address, least, wire.MaxOutcomes)
		}
		if sum += max(n, -n); sum > wire.MaxOutcomes {
			return 0, badRequest("%s at %s are more than %d", what, address, wire.MaxOutcomes)
		}
	}
	return sum, nil
}
