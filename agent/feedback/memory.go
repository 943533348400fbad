package feedback

import "github.com/remora-agent/remora/balancer/outlier"

// Remember returns the state of one service as Export does; empty where there is none.
func (f *Feedback) Remember(service string) outlier.State {
	if d := f.detector(service); d != nil {
		return d.Export()
	}
	return outlier.State{}
}
