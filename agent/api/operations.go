package api

import (
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// markHealth serves PUT /v1/services/{service}/backends/{address}/health.
func (h *handler) markHealth(w *response, r *request) error {
	var body wire.Mark
	if err := decode(r.body, &body); err != nil {
		return err
	}
	if body.Healthy == nil {
		return badRequest("healthy is missing, true or false is needed")
	}
	if err := h.core.Operations.Mark(r.Context(), r.service, r.address, *body.Healthy); err != nil {
		return err
	}
	return w.empty()
}

// administer serves PUT /v1/services/{service}/backends/{address}/admin.
func (h *handler) administer(w *response, r *request) error {
	var body wire.Admin
	if err := decode(r.body, &body); err != nil {
		return err
	}
	if body.State != wire.AdminReady && body.State != wire.AdminDrain {
		return badRequest("state is %q, %s or %s is allowed", body.State, wire.AdminReady, wire.AdminDrain)
	}
	if err := h.core.Operations.Administer(r.Context(), r.service, r.address, body.State); err != nil {
		return err
	}
	return w.empty()
}

// accept serves POST /v1/services/{service}/accept.
func (h *handler) accept(w *response, r *request) error {
	accepted, err := h.core.Acceptor.Accept(r.Context(), r.service)
	if err != nil {
		return err
	}
	accepted.Removed = orEmpty(accepted.Removed)
	return w.json(http.StatusOK, accepted)
}
