package main

import (
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

// state is the health of a backend in a word.
func state(b wire.Backend) cell {
	if b.Held && b.Healthy {
		return cell{"held", fair}
	}
	if b.Damped && b.Healthy {
		return cell{"damped", fair}
	}
	return stateOf(b.Verdicts, b.Healthy)
}

func stateOf(v wire.Verdicts, healthy bool) cell {
	switch {
	case v.Admin == wire.AdminDrain:
		return cell{"draining", fair}
	case healthy:
		return cell{"healthy", good}
	}
	return cell{"unhealthy", bad}
}

// usable says whether no verdict speaks against a backend.
func usable(v wire.Verdicts) bool { return v.Admin != wire.AdminDrain && reasons(v) == "" }

// reasons says which verdicts speak against a backend, an operator's aside, which state shows.
func reasons(v wire.Verdicts) string {
	var why []string
	switch v.Registry {
	case "critical", "maintenance":
		why = append(why, "registry says "+v.Registry)
	}
	if v.Active == "failed" {
		why = append(why, "check failed")
	}
	if v.Passive == "failed" {
		why = append(why, "reports failed")
	}
	return strings.Join(why, ", ")
}

// stateText is state and reasons in one line without colour.
func stateText(b wire.Backend) string {
	if why := reasons(b.Verdicts); why != "" {
		return state(b).text + ": " + why
	}
	return state(b).text
}
