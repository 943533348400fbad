package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// Bounds of POST /v1/select.
const (
	maxPicks     = 10_000
	batchWait    = 2 * time.Second // for all that is on its way, together
	batchWaiters = 64              // picks that wait at a time
)

// selectOne serves GET /v1/select/{service}.
func (h *handler) selectOne(w *response, r *request) error {
	pick, err := r.pick()
	if err != nil {
		return err
	}
	text, err := r.query.wantsText(r.Header["Accept"])
	if err != nil {
		return err
	}
	n, many, err := r.query.count()
	if err != nil {
		return err
	}
	why, err := r.query.flag("explain")
	switch {
	case err != nil:
		return err
	case why && (many || text):
		return badRequest("explain shows one selection as JSON: it goes with neither count nor text")
	case why:
		return h.explain(w, r, pick)
	case many:
		return h.selectMany(w, r, pick, n, text)
	}
	selection, err := h.core.Selector.Select(r.Context(), pick)
	if err != nil {
		return err
	}
	if text {
		w.text([]wire.Selection{selection})
		return nil
	}
	return w.json(http.StatusOK, selection)
}

func (h *handler) selectMany(w *response, r *request, pick wire.Pick, n int, text bool) error {
	backends, err := h.core.Selector.SelectMany(r.Context(), pick, n)
	if err != nil {
		return err
	}
	if text {
		w.text(backends)
		return nil
	}
	return w.json(http.StatusOK, wire.Selections{Service: pick.Service, Backends: orEmpty(backends)})
}

// text answers with addresses, one a line.
func (w *response) text(backends []wire.Selection) {
	var lines strings.Builder
	for _, b := range backends {
		lines.WriteString(b.Address + "\n")
	}
	w.send(http.StatusOK, typeText, []byte(lines.String()))
}

// pick gives what the path and the query ask for.
func (r *request) pick() (wire.Pick, error) {
	key, _, err := r.query.one("key")
	if err != nil {
		return wire.Pick{}, err
	}
	pick := wire.Pick{Service: r.service, Key: key, Exclude: r.query.values["exclude"]}
	return pick, checkPick(&pick)
}

// checkPick validates a pick and makes its addresses canonical.
func checkPick(pick *wire.Pick) error {
	if err := checkService(pick.Service); err != nil {
		return err
	}
	for i, address := range pick.Exclude {
		var err error
		if pick.Exclude[i], err = canonical(address); err != nil {
			return err
		}
	}
	return nil
}

// selectBatch serves POST /v1/select. What can be answered now is, in order; the services whose first
// snapshot is on its way are then waited for side by side, so that many of them cost no more time than
// one.
func (h *handler) selectBatch(w *response, r *request) error {
	var batch wire.Picks
	if err := decode(r.body, &batch); err != nil {
		return err
	}
	if batch.Picks == nil {
		return badRequest("picks is missing, a list is needed")
	}
	if len(batch.Picks) > maxPicks {
		return badRequest("there are %d picks, at most %d are allowed", len(batch.Picks), maxPicks)
	}
	results, late := h.pickNow(batch.Picks)
	if len(late) > 0 {
		ctx := fair.WithTurn(r.Context(), nil) // they wait side by side
		if err := fair.Pause(r.Context(), func() { h.pickLater(ctx, batch.Picks, results, late) }); err != nil {
			return err
		}
	}
	return w.json(http.StatusOK, wire.PickResults{Picks: results})
}

// pickNow answers all picks without waiting, and lists those that are not ready.
func (h *handler) pickNow(picks []wire.Pick) (results []wire.PickResult, late []int) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	results = make([]wire.PickResult, len(picks))
	for i := range picks {
		if err := checkPick(&picks[i]); err != nil {
			results[i] = h.pickFailed(err)
			continue
		}
		results[i] = h.pickOne(ended, picks[i])
		if err := results[i].Error; err != nil && err.Code == wire.CodeNotReady {
			late = append(late, i)
		}
	}
	return results, late
}

// pickLater waits for the late ones.
func (h *handler) pickLater(ctx context.Context, picks []wire.Pick, results []wire.PickResult, late []int) {
	ctx, cancel := context.WithTimeout(ctx, batchWait)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(batchWaiters)
	for _, i := range late {
		group.Go(func() error {
			results[i] = h.pickOne(ctx, picks[i])
			return nil
		})
	}
	_ = group.Wait() // each has its error in its own result
}

func (h *handler) pickOne(ctx context.Context, pick wire.Pick) wire.PickResult {
	selection, err := h.core.Selector.Select(ctx, pick)
	if err != nil {
		return h.pickFailed(err)
	}
	return wire.PickResult{Selection: &selection}
}

func (h *handler) pickFailed(err error) wire.PickResult {
	problem, known := problemOf(err)
	if !known {
		h.log.Error("pick failed", "error", err)
	}
	return wire.PickResult{Error: problem}
}

// orEmpty gives a list that JSON shows as [] where there is none.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
