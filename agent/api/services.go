package api

import (
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// listServices serves GET /v1/services.
func (h *handler) listServices(w *response, r *request) error {
	services, err := h.core.Services.List(r.Context())
	if err != nil {
		return err
	}
	for i := range services {
		services[i].Sources = orEmpty(services[i].Sources)
	}
	return w.json(http.StatusOK, wire.ServiceList{Services: orEmpty(services)})
}

// showService serves GET /v1/services/{service}, at once or once its index has passed ?index=N.
func (h *handler) showService(w *response, r *request) error {
	index, wait, blocking, err := r.query.blocking()
	if err != nil {
		return err
	}
	var group wire.Group
	if blocking {
		ctx, cancel := untilDrain(r)
		defer cancel()
		group, err = h.core.Feed.Wait(ctx, r.service, index, wait)
	} else {
		group, err = h.core.Services.Group(r.Context(), r.service)
	}
	if err != nil {
		return err
	}
	group.FillEmpty()
	return w.json(http.StatusOK, group)
}
