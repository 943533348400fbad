package api

import (
	"errors"
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// explain serves GET /v1/select/{service}?explain=1: the selection and how it came about. When there is
// none, the problem carries the explanation.
func (h *handler) explain(w *response, r *request, pick wire.Pick) error {
	selection, explanation, err := h.core.Explainer.Explain(r.Context(), pick)
	if err == nil {
		return w.json(http.StatusOK, wire.Explained{Selection: selection, Explain: explanation})
	}
	var p *wire.Problem
	if errors.As(err, &p) && explanation.Why != "" {
		explained := *p
		explained.Explain = &explanation
		return &explained
	}
	return err
}

// showHistory serves GET /v1/services/{service}/history.
func (h *handler) showHistory(w *response, r *request) error {
	history, err := h.core.Explainer.History(r.Context(), r.service)
	if err != nil {
		return err
	}
	history.Changes = orEmpty(history.Changes)
	return w.json(http.StatusOK, history)
}
