package api

import (
	"net/http"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
)

// register serves PUT /v1/services/{service}.
func (h *handler) register(w *response, r *request) error {
	var body wire.Registration
	if err := decode(r.body, &body); err != nil {
		return err
	}
	if err := checkSpecs(body.Backends); err != nil {
		return err
	}
	group, created, err := h.core.Registry.Register(r.Context(), r.service, body)
	if err != nil {
		return err
	}
	group.FillEmpty()
	return w.json(createdOr200(created), group)
}

func createdOr200(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}

// unregister serves DELETE /v1/services/{service}.
func (h *handler) unregister(w *response, r *request) error {
	if err := h.core.Registry.Unregister(r.Context(), r.service); err != nil {
		return err
	}
	return w.empty()
}

// updateBackends serves PUT /v1/services/{service}/backends.
func (h *handler) updateBackends(w *response, r *request) error {
	var body wire.BackendList
	if err := decode(r.body, &body); err != nil {
		return err
	}
	if err := checkSpecs(body.Backends); err != nil {
		return err
	}
	diff, err := h.core.Registry.Update(r.Context(), r.service, body.Backends)
	if err != nil {
		return err
	}
	return w.diff(http.StatusOK, diff)
}

// addBackend serves PUT /v1/services/{service}/backends/{address}: 201 for a new one.
func (h *handler) addBackend(w *response, r *request) error {
	spec := wire.BackendSpec{Address: r.address}
	if err := decodeOptional(r.body, &spec); err != nil {
		return err
	}
	if err := checkSpec(&spec); err != nil {
		return err
	}
	if spec.Address != r.address {
		return badRequest("the path names %s and the body %s, the same is needed", r.address, spec.Address)
	}
	diff, err := h.core.Backends.Add(r.Context(), r.service, spec)
	if err != nil {
		return err
	}
	return w.diff(createdOr200(len(diff.Added) > 0), diff)
}

// removeBackend serves DELETE /v1/services/{service}/backends/{address}.
func (h *handler) removeBackend(w *response, r *request) error {
	if err := h.core.Backends.Remove(r.Context(), r.service, r.address); err != nil {
		return err
	}
	return w.empty()
}

func (w *response) diff(status int, d wire.Diff) error {
	return w.json(status, wire.Diff{
		Added: orEmpty(d.Added), Removed: orEmpty(d.Removed), Changed: orEmpty(d.Changed),
	})
}

// checkSpecs validates a list of backends. A list that is missing is more likely a typing error than
// the wish to have none.
func checkSpecs(specs []wire.BackendSpec) error {
	if specs == nil {
		return badRequest("backends is missing, a list is needed; [] means none")
	}
	for i := range specs {
		if err := checkSpec(&specs[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkSpec validates a backend and makes its address canonical.
func checkSpec(spec *wire.BackendSpec) (err error) {
	if spec.Address, err = canonical(spec.Address); err != nil {
		return err
	}
	if w := spec.Weight; w != nil && (*w < 0 || *w > discovery.MaxWeight) {
		return badRequest("the weight of %s is %d, 0 to %d is allowed", spec.Address, *w, discovery.MaxWeight)
	}
	return nil
}
