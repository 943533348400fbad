package api

import "net/http"

// showAgent serves GET /v1/agent.
func (h *handler) showAgent(w *response, r *request) error {
	info, err := h.core.Operator.Agent(r.Context())
	if err != nil {
		return err
	}
	info.Providers = orEmpty(info.Providers)
	return w.json(http.StatusOK, info)
}

// showConfig serves GET /v1/agent/config.
func (h *handler) showConfig(w *response, r *request) error {
	config, err := h.core.Operator.Config(r.Context())
	if err != nil {
		return err
	}
	return w.json(http.StatusOK, config)
}

// reload serves POST /v1/agent/reload.
func (h *handler) reload(w *response, r *request) error {
	w.turn.End() // it may wait for files and for another reload
	result, err := h.core.Operator.Reload(r.Context())
	if err != nil {
		return err
	}
	result.Changed, result.NeedsRestart = orEmpty(result.Changed), orEmpty(result.NeedsRestart)
	return w.json(http.StatusOK, result)
}

// alive serves GET /healthz: that there is an answer is the answer.
func (h *handler) alive(w *response, _ *request) error {
	w.send(http.StatusOK, typeText, []byte("ok\n"))
	return nil
}

// ready serves GET /readyz.
func (h *handler) ready(w *response, _ *request) error {
	if err := h.core.Health.Ready(); err != nil {
		return err
	}
	w.send(http.StatusOK, typeText, []byte("ready\n"))
	return nil
}
