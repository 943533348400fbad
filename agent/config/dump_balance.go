package config

import (
	"slices"

	"github.com/remora-agent/remora/balancer/outlier"
)

// dumpBalance gives what a service has in force, and says so where a block is off that would be inherited.
// Of defaults, which inherit nothing, it gives every setting.
func dumpBalance(b *Balance, inherited *Balance) object {
	out := dump(balance.in(""), b)
	for _, block := range balanceBlocks {
		t := balance.in(block.Type)
		switch {
		case inherited == nil || !t.zero(b):
			out = out.add(block.Type, dump(t, b))
		case (t[0].initial == nil || block.Type == dampingBlock) && !t[:1].zero(inherited):
			out = out.add(block.Type, dump(t[:1], b))
		}
	}
	return out
}

// zero says whether no setting has a value.
func (t table[B]) zero(b *B) bool {
	empty := new(B)
	return !slices.ContainsFunc(t, func(a attribute[B]) bool { return !a.same(b, empty) })
}

// dumpOutliers says so where detection is off that would be inherited.
func dumpOutliers(s, inherited *outlier.Settings) object {
	switch {
	case s != nil:
		return dump(outliers, &outlierDetection{Enabled: true, Settings: *s})
	case inherited != nil:
		return dump(outliers[:1], &outlierDetection{})
	}
	return nil
}
