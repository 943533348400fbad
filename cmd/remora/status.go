package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"

	"github.com/remora-agent/remora/client/wire"
)

var statusCommand = command{
	name: "status", format: formatTable,
	brief: "show the agent and how fresh its catalogs are",
	about: `An agent is looked for at -socket, at REMORA_SOCKET, at /run/remora/remora.sock and
at ./remora.sock, in this order. In text: ready, or not ready while a source has no
data yet; both exit with 0.`,
	example: "remora status\nremora status -socket /run/remora/admin.sock",
	setup:   func(*flag.FlagSet) action { return status },
}

func status(ctx context.Context, inv *invocation) error {
	c := inv.client()
	defer c.Close()
	info, err := c.Agent(ctx)
	if err != nil {
		return err
	}
	if inv.format == formatJSON {
		return inv.printJSON(info)
	}
	readiness := cell{"ready", good}
	if err := c.Ready(ctx); err != nil {
		problem, ok := errors.AsType[*wire.Problem](err)
		if !ok {
			return err
		}
		readiness = cell{"not ready: " + problem.Error(), bad}
		if inv.format == formatText {
			return inv.printLines("not ready")
		}
	}
	if inv.format == formatText {
		return inv.printLines(readiness.text)
	}
	return inv.printAgent(c.Socket(), readiness, info)
}

func (inv *invocation) printAgent(socket string, readiness cell, info wire.AgentInfo) error {
	var facts table
	facts.row(text("agent"), readiness)
	facts.row(text("version"), text(info.Version))
	facts.row(text("process"), text(fmt.Sprintf("%d, up %s", info.PID, span(seconds(info.UptimeSeconds)))))
	facts.row(text("socket"), text(socket))
	facts.row(text("load"), text(fmt.Sprintf("%s, %s, %s", plural(info.Services, "service"),
		plural(info.Leases, "lease"), plural(info.Connections, "connection"))))
	if info.HeldBackends > 0 {
		facts.row(text("held"), cell{fmt.Sprintf("%s of %s withdrawn all at once, see: remora services",
			plural(info.HeldBackends, "backend"), plural(info.HeldServices, "service")), fair})
	}
	if err := inv.printTable(&facts); err != nil {
		return err
	}
	if len(info.LimitedUsers) > 0 {
		fmt.Fprintln(inv.stdout)
		if err := inv.printTable(limitedTable(info.LimitedUsers)); err != nil {
			return err
		}
	}
	if len(info.Providers) == 0 {
		return nil
	}
	fmt.Fprintln(inv.stdout)
	return inv.printTable(providersTable(info.Providers))
}

// limitedTable shows who was refused something because of a user's limits.
func limitedTable(users []wire.LimitedUser) *table {
	var t table
	t.header("LIMITED UID", "CONNECTIONS", "REFUSED CONNECTIONS", "REFUSED STREAMS", "REFUSED REQUESTS")
	for _, u := range users {
		t.row(text(u.User), text(strconv.Itoa(u.Connections)), count(u.RefusedConnections), count(u.RefusedStreams), count(u.RefusedRequests))
	}
	return &t
}

func providersTable(providers []wire.ProviderInfo) *table {
	var t table
	t.header("PROVIDER", "TYPE", "STATE", "ANSWERED", "SERVICES", "UPDATES", "ERRORS", "DROPPED", "LAST ERROR")
	for _, p := range providers {
		answered := "no answer yet"
		if p.AgeSeconds != nil {
			answered = span(seconds(*p.AgeSeconds)) + " ago"
		}
		t.row(text(p.Name), text(p.Type), providerState(p), text(answered),
			text(strconv.Itoa(p.Services)), count(p.Updates), count(p.Errors), count(p.Dropped), text(lastError(p)))
	}
	return &t
}

// lastError tells of credentials where nothing worse is to be told.
func lastError(p wire.ProviderInfo) string {
	if p.LastError == "" && p.CredentialsError != "" {
		return "credentials: " + p.CredentialsError
	}
	return p.LastError
}

func providerState(p wire.ProviderInfo) cell {
	switch {
	case p.Stale:
		return cell{"stale", bad}
	case !p.Ready, p.AgeSeconds == nil:
		return cell{"waiting", fair}
	}
	return cell{"fresh", good}
}

func count(n uint64) cell { return text(strconv.FormatUint(n, 10)) }
