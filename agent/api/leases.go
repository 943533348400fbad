package api

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Bounds of a lease's ttl.
const (
	minTTL     = time.Second
	maxTTL     = time.Hour
	defaultTTL = 30 * time.Second
)

// takeLease serves POST /v1/leases.
func (h *handler) takeLease(w *response, r *request) error {
	var body wire.LeaseRequest
	if err := decode(r.body, &body); err != nil {
		return err
	}
	if err := checkPick(&body.Pick); err != nil {
		return err
	}
	ttl, err := ttlOf(body)
	if err != nil {
		return err
	}
	lease, err := h.core.Leases.Take(r.Context(), r.caller, body.Pick, ttl)
	if err != nil {
		return err
	}
	if ttl > 0 {
		lease.TTL = ttl.String()
	}
	w.Header().Set("Location", "/v1/leases/"+url.PathEscape(lease.LeaseID))
	return w.json(http.StatusCreated, lease)
}

// ttlOf gives the time of a lease; 0 for one that its connection holds. The ttl of such a one has no
// effect, but one that makes no sense is a fault all the same.
func ttlOf(body wire.LeaseRequest) (time.Duration, error) {
	ttl := defaultTTL
	if body.TTL != "" {
		var err error
		if ttl, err = time.ParseDuration(body.TTL); err != nil || ttl < minTTL || ttl > maxTTL {
			return 0, badRequest("ttl is %q, a duration from 1s to 1h is allowed, such as 30s", body.TTL)
		}
	}
	switch body.Bind {
	case "", wire.BindConnection:
		return 0, nil
	case wire.BindTTL:
		return ttl, nil
	default:
		return 0, badRequest("bind is %q, %s or %s is allowed", body.Bind, wire.BindConnection, wire.BindTTL)
	}
}

// renewLease serves PUT /v1/leases/{lease}.
func (h *handler) renewLease(w *response, r *request) error {
	if err := h.core.Leases.Renew(r.lease); err != nil {
		return err
	}
	return w.empty()
}

// endLease serves DELETE /v1/leases/{lease}. What the body says comes before the query.
func (h *handler) endLease(w *response, r *request) error {
	outcome, err := r.query.outcome()
	if err != nil {
		return err
	}
	if err := decodeOptional(r.body, &outcome); err != nil {
		return err
	}
	if err := checkOutcome(outcome); err != nil {
		return err
	}
	if err := h.core.Leases.End(r.caller, r.lease, outcome); err != nil {
		return err
	}
	return w.empty()
}

// outcome gives success= and latency_ms=.
func (q query) outcome() (outcome wire.Outcome, err error) {
	success, given, err := q.one("success")
	if err != nil {
		return outcome, err
	}
	if given {
		ok, err := strconv.ParseBool(success)
		if err != nil {
			return outcome, badRequest("query: success is %q, true or false is allowed", success)
		}
		outcome.Success = &ok
	}
	latency, given, err := q.one("latency_ms")
	if err != nil {
		return outcome, err
	}
	if given {
		ms, err := strconv.ParseFloat(latency, 64)
		if err != nil {
			return outcome, badRequest("query: latency_ms is %q, a number is allowed", latency)
		}
		outcome.LatencyMS = &ms
	}
	return outcome, nil
}

func checkOutcome(o wire.Outcome) error {
	if ms := o.LatencyMS; ms != nil && (!(*ms >= 0) || math.IsInf(*ms, 1)) {
		return badRequest("latency_ms is %v, a finite number of at least 0 is allowed", *ms)
	}
	return nil
}
