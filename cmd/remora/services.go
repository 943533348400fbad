package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

var servicesCommand = command{
	name: "services", format: formatTable,
	brief:   "list the services that the agent keeps",
	about:   "A service that is imported on demand is listed once an application has asked for it.",
	example: "remora services",
	setup:   func(*flag.FlagSet) action { return listServices },
}

func listServices(ctx context.Context, inv *invocation) error {
	c := inv.client()
	defer c.Close()
	services, err := c.Services(ctx)
	if err != nil {
		return err
	}
	switch inv.format {
	case formatJSON:
		return inv.printJSON(wire.ServiceList{Services: services})
	case formatText:
		names := make([]string, len(services))
		for i, s := range services {
			names[i] = s.Name
		}
		return inv.printLines(names...)
	}
	if len(services) == 0 {
		return inv.printLines("no services yet; add a service block to the configuration, or: remora register web 10.0.0.1:80")
	}
	return inv.printTable(servicesTable(services))
}

func servicesTable(services []wire.ServiceSummary) *table {
	var t table
	t.header("SERVICE", "STRATEGY", "HEALTHY", "SOURCES", "NOTES")
	for _, s := range services {
		healthy, notes := serviceState(s)
		t.row(text(s.Name), text(s.Strategy), healthy, text(strings.Join(s.Sources, ",")), notes)
	}
	return &t
}

func serviceState(s wire.ServiceSummary) (healthy, notes cell) {
	healthy = cell{fmt.Sprintf("%d/%d", s.HealthyCount, s.BackendCount), good}
	var words []string
	switch {
	case waiting(s):
		healthy.tint = bad
		return healthy, cell{"waiting for " + strings.Join(s.Sources, ", "), fair}
	case s.BackendCount == 0:
		healthy.tint = bad
		words = append(words, "no backends")
	case s.HealthyCount == 0:
		healthy.tint = bad
		words = append(words, "none healthy")
	case s.Regime == "down":
		healthy.tint = bad
		words = append(words, "nothing can be selected: weight 0")
	case s.HealthyCount < s.BackendCount:
		healthy.tint = fair
	}
	if s.HeldCount > 0 {
		words = append(words, fmt.Sprintf("%d held", s.HeldCount))
	}
	if s.Stale {
		words = append(words, "stale")
	}
	return healthy, cell{strings.Join(words, ", "), fair}
}

// waiting says whether the source of a service owes it a list: it is configured, and there is no answer
// yet, or the last one was empty and there is none now.
func waiting(s wire.ServiceSummary) bool { return s.BackendCount+s.HeldCount == 0 && s.Stale }
