package main

import (
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

// state is the health of a backend in a word.
func state(b wire.Backend) cell {
	switch {
	case b.Verdicts.Admin == wire.AdminDrain:
		return cell{"draining", fair}
	case b.Healthy:
		return cell{"healthy", good}
	}
	return cell{"unhealthy", bad}
}

// reasons says which verdicts speak against a backend, an operator's aside, which state shows.
func reasons(b wire.Backend) string {
	var why []string
	switch b.Verdicts.Registry {
	case "critical", "maintenance":
		why = append(why, "registry says "+b.Verdicts.Registry)
	}
	if b.Verdicts.Active == "failed" {
		why = append(why, "check failed")
	}
	if b.Verdicts.Passive == "failed" {
		why = append(why, "reports failed")
	}
	return strings.Join(why, ", ")
}

// stateText is state and reasons in one line without colour.
func stateText(b wire.Backend) string {
	if why := reasons(b); why != "" {
		return state(b).text + ": " + why
	}
	return state(b).text
}
