package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// watch serves GET /v1/watch: one event a line, each sent as soon as it is there. A client that does
// not read holds back its own stream only, and is cut off after Limits.Write.
func (h *handler) watch(w *response, r *request) error {
	services := r.query.values["service"]
	for _, service := range services {
		if err := checkService(service); err != nil {
			return err
		}
	}
	if h.streams.Take(r.caller.UID, true) != fair.Admitted {
		return h.overLimit(r.caller, fair.Streams, "%s has %d streams, which is the limit of one user", describe(r.caller), h.options.Limits.StreamsPerUser)
	}
	defer h.streams.Leave(r.caller.UID)
	w.Header().Set("Content-Type", typeStream)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	flush := http.NewResponseController(w).Flush
	w.turn.End() // it waits from here on, between the changes
	if err := flush(); err != nil {
		return nil // the client is gone, which ends a stream and is no failure
	}
	ctx, cancel := untilDrain(r)
	defer cancel()
	var gone error
	err := h.core.Feed.Watch(ctx, services, func(e wire.Event) error {
		line, err := encode(e)
		if err != nil {
			return err
		}
		w.keep(len(line))
		if _, gone = w.Write(line); gone == nil {
			gone = flush()
		}
		if gone != nil {
			return gone
		}
		return fair.Pause(ctx, func() {}) // what comes next is work for another turn
	})
	if gone != nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
