package api

import (
	"github.com/remora-agent/remora/client/wire"
)

// report serves POST /v1/reports.
func (h *handler) report(w *response, r *request) error {
	var reports wire.Reports
	if err := decode(r.body, &reports); err != nil {
		return err
	}
	for i := range reports {
		if err := checkReport(&reports[i]); err != nil {
			return err
		}
	}
	if err := h.core.Reporter.Report(r.caller, reports); err != nil {
		return err
	}
	return w.empty()
}

func checkReport(r *wire.Report) (err error) {
	if err := checkService(r.Service); err != nil {
		return err
	}
	if r.Address, err = canonical(r.Address); err != nil {
		return err
	}
	if r.Success == nil {
		return badRequest("success is missing in a report on %s, true or false is needed", r.Address)
	}
	return checkOutcome(r.Outcome)
}
