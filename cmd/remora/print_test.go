package main

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// backends are one of each kind that a person may meet.
var backends = []wire.Backend{
	{
		Address: "10.0.0.1:80", Healthy: true, Weight: 1, Zone: "a", ActiveConnections: 3,
		LastCheck: &wire.LastCheck{At: "2026-01-02T11:59:57Z", OK: true, DurationMS: 1.234},
	},
	{
		Address: "10.0.0.22:80", Weight: 10, ConsecutiveFailures: 2, ReportedFailures: 4,
		Verdicts:  wire.Verdicts{Registry: "critical", Active: "failed", Passive: "failed", Admin: "ready"},
		LastCheck: &wire.LastCheck{At: "2026-01-02T11:00:00Z", DurationMS: 1000, Error: "connection\x1b[2Jrefused"},
	},
	{Address: "[::1]:80", Verdicts: wire.Verdicts{Admin: "drain"}},
}

func testInvocation(f format) (*invocation, *bytes.Buffer) {
	var out bytes.Buffer
	return &invocation{
		system: system{stdout: &out, getenv: func(string) string { return "" }, now: func() time.Time { return noon }},
		format: f,
	}, &out
}

func TestPrintGroup(t *testing.T) {
	group := wire.Group{
		Service: "web", Strategy: "round_robin", Sources: []string{"main", "static"}, Index: 12,
		Stale: true, AgeSeconds: 75, BackendCount: 3, HealthyCount: 1, Backends: backends,
	}
	spread := wire.Group{
		Service: "web", Strategy: "maglev", Sources: []string{"main"}, Index: 12, BackendCount: 3, HealthyCount: 1,
		Regime: "spill-over", Table: "5f3a", TableBytes: 1025,
		Tiers: []wire.Tier{
			{Priority: 0, Members: 3, Healthy: 1, Percent: 46}, {Priority: 1, Members: 1, Percent: 54, Panic: true},
		},
		Zones:    []wire.Zone{{Zone: "a", Percent: 30.5, Local: true}, {Percent: 15.5}},
		Backends: []wire.Backend{{Address: "10.0.0.1:1", Healthy: true, Weight: 10, EffectiveWeight: 2.5, Priority: 1}},
	}
	weightless := wire.Group{
		Service: "web", Strategy: "round_robin", Sources: []string{"main"}, Index: 12, BackendCount: 1, HealthyCount: 1,
		Regime: "down", Tiers: []wire.Tier{{}},
		Backends: []wire.Backend{{Address: "10.0.0.1:1", Healthy: true, LastCheck: &wire.LastCheck{Error: "tcp: refused"}}},
	}
	withdrawn := wire.Group{
		Service: "web", Strategy: "round_robin", Sources: []string{"main"}, Index: 12, HeldCount: 2,
		Regime: "withdrawn", Tiers: []wire.Tier{{Members: 2, Healthy: 2, Percent: 100, Held: true}},
		Backends: []wire.Backend{
			{Address: "10.0.0.1:1", Healthy: true, Weight: 1, Held: true, Priority: 1},
			{Address: "10.0.0.2:1", Weight: 1, Held: true, Verdicts: wire.Verdicts{Active: "failed"}},
		},
	}
	empty := wire.Group{Service: "db", Strategy: "round_robin", Sources: []string{"api"}}
	tests := map[string]struct {
		format format
		group  wire.Group
		want   string
	}{
		"text": {formatText, group, "10.0.0.1:80\n10.0.0.22:80\n[::1]:80\n"},
		"table": {formatTable, group, `
web: round_robin, 1 of 3 healthy, from main+static, index 12; stale: its source last answered 1m15s ago
ADDRESS       STATE      WEIGHT  ZONE  ACTIVE  FAILURES  REPORTED  LAST CHECK                 NOTES
10.0.0.1:80   healthy    1       a     3       0         0         ok in 1.2ms, 3s ago        -
10.0.0.22:80  unhealthy  10      -     0       2         4         failed after 1s, 1h0m ago  ` +
			"registry says critical, check failed, reports failed: connection\ufffd[2Jrefused" + `
[::1]:80      draining   0       -     0       0         0         -                          -
`},
		"spread": {formatTable, spread, `
web: maglev, 1 of 3 healthy, from main, index 12; regime spill-over
priorities: 0 gets 46%, 1 of 3 healthy; 1 gets 54%, 0 of 1 healthy, in panic
zones: a (own) of priority 0 gets 30.5%; none of priority 0 gets 15.5%
table 5f3a, 2 KB
ADDRESS     STATE    WEIGHT     ZONE  ACTIVE  FAILURES  REPORTED  LAST CHECK  NOTES
10.0.0.1:1  healthy  2.5 of 10  -     0       0         0         -           priority 1
`},
		"weightless": {formatTable, weightless, `
web: round_robin, 1 of 1 healthy, from main, index 12; regime down
nothing can be selected: the healthy ones have weight 0
ADDRESS     STATE    WEIGHT  ZONE  ACTIVE  FAILURES  REPORTED  LAST CHECK       NOTES
10.0.0.1:1  healthy  0       -     0       0         0         failed after 0s  never selected: weight 0; tcp: refused
`},
		"withdrawn": {formatTable, withdrawn, `
web: round_robin, 0 of 0 healthy, from main, index 12; regime withdrawn; 2 more held, see: remora accept -h
ADDRESS     STATE      WEIGHT  ZONE  ACTIVE  FAILURES  REPORTED  LAST CHECK  NOTES
10.0.0.1:1  held       1       -     0       0         0         -           withdrawn by its source, held; priority 1
10.0.0.2:1  unhealthy  1       -     0       0         0         -           withdrawn by its source, held; check failed
`},
		"empty table": {formatTable, empty, "db: round_robin, 0 of 0 healthy, from api, index 0\nno backends yet\n"},
		"empty text":  {formatText, empty, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inv, out := testInvocation(tt.format)
			if err := inv.printGroup(tt.group); err != nil {
				t.Fatal(err)
			}
			if got, want := out.String(), strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestServicesTable(t *testing.T) {
	inv, out := testInvocation(formatTable)
	err := inv.printTable(servicesTable([]wire.ServiceSummary{
		{Name: "demo", Strategy: "round_robin", Sources: []string{"static"}, BackendCount: 3, HealthyCount: 3},
		{Name: "web", Strategy: "least_connections", Sources: []string{"a", "b"}, BackendCount: 2, Stale: true},
		{Name: "x", Strategy: "round_robin", Sources: []string{"api"}},
		{Name: "y", Strategy: "round_robin", Sources: []string{"a", "b"}, Stale: true},
		{Name: "z", Strategy: "round_robin", Sources: []string{"a"}, HeldCount: 3, Stale: true},
	}))
	want := `
SERVICE  STRATEGY           HEALTHY  SOURCES  NOTES
demo     round_robin        3/3      static   -
web      least_connections  0/2      a,b      none healthy, stale
x        round_robin        0/0      api      no backends
y        round_robin        0/0      a,b      waiting for a, b
z        round_robin        0/0      a        no backends, 3 held, stale
`
	if got := out.String(); err != nil || got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s%v", got, want, err)
	}
}

func TestPrintAgent(t *testing.T) {
	age := 0.25
	inv, out := testInvocation(formatTable)
	err := inv.printAgent("/run/r.sock", cell{"ready", good}, wire.AgentInfo{
		Version: "1.2.3", PID: 7, UptimeSeconds: 3 * 3600, Services: 1, Leases: 2, HeldBackends: 3, HeldServices: 1,
		Providers: []wire.ProviderInfo{
			{Name: "main", Type: "etcd", Services: 1, Ready: true, AgeSeconds: &age, Updates: 4},
			{Name: "old", Type: "etcd", Stale: true, Errors: 5, LastError: "no route"},
			{Name: "new", Type: "etcd"},
			{Name: "idle", Type: "etcd", Ready: true}, // all it is to watch: nothing
		},
	})
	want := `
agent    ready
version  1.2.3
process  7, up 3h0m
socket   /run/r.sock
load     1 service, 2 leases, 0 connections
held     3 backends of 1 service withdrawn all at once, see: remora services

PROVIDER  TYPE  STATE    ANSWERED       SERVICES  UPDATES  ERRORS  DROPPED  LAST ERROR
main      etcd  fresh    250ms ago      1         4        0       0        -
old       etcd  stale    no answer yet  0         0        5       0        no route
new       etcd  waiting  no answer yet  0         0        0       0        -
idle      etcd  waiting  no answer yet  0         0        0       0        -
`
	if got := out.String(); err != nil || got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s%v", got, want, err)
	}
}

func TestPrintSelections(t *testing.T) {
	picked := []wire.Selection{
		{Address: "10.0.0.1:80", ID: "web-1", Weight: 1, Zone: "a", Tags: []string{"v2", "x"}},
		{Address: "[::1]:80", Weight: 5, Stale: true, Panic: true},
	}
	for f, want := range map[format]string{
		formatText: "10.0.0.1:80\n[::1]:80\n",
		formatTable: "ADDRESS      ID     WEIGHT  ZONE  TAGS  NOTES\n" +
			"10.0.0.1:80  web-1  1       a     v2,x  -\n" +
			"[::1]:80     -      5       -     -     stale, panic: too few are healthy\n",
	} {
		inv, out := testInvocation(f)
		if err := inv.printSelections(nil, picked); err != nil || out.String() != want {
			t.Errorf("%s: got %v and\n%s\nwant\n%s", f, err, out, want)
		}
	}
}

func TestColourOnlyForATerminal(t *testing.T) {
	for _, tt := range []struct {
		terminal bool
		env      string
		want     bool
	}{
		{false, "", false}, {true, "", true}, {true, "NO_COLOR=1", false}, {true, "TERM=dumb", false}, {true, "NO_COLOR=", true},
	} {
		inv, out := testInvocation(formatTable)
		inv.terminal = tt.terminal
		inv.getenv = func(name string) string {
			if key, value, _ := strings.Cut(tt.env, "="); key == name {
				return value
			}
			return ""
		}
		tb := &table{}
		tb.row(cell{"healthy", good}, text("x"))
		tb.row(text("longer than it"), text("y"))
		if err := inv.printTable(tb); err != nil {
			t.Fatal(err)
		}
		want := "healthy         x\nlonger than it  y\n"
		if tt.want {
			want = "\x1b[32mhealthy\x1b[0m         x\nlonger than it  y\n"
		}
		if out.String() != want {
			t.Errorf("terminal %v, %q: got %q, want %q", tt.terminal, tt.env, out, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1234 * time.Nanosecond: "1µs", 12345 * time.Microsecond: "12.3ms",
		1250 * time.Millisecond: "1.3s", 90*time.Second + 300*time.Millisecond: "1m30s",
		26*time.Hour + 5*time.Minute + time.Second: "26h5m",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestReloadText(t *testing.T) {
	for want, r := range map[string]wire.ReloadResult{
		"reloaded: nothing has changed":                                   {},
		"reloaded: changed log_level, service \"web\"":                    {Changed: []string{"log_level", `service "web"`}},
		"reloaded: nothing has changed; restart the agent for api.socket": {NeedsRestart: []string{"api.socket"}},
	} {
		if got := reloadText(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBuildOf(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"},
	}}
	for want, b := range map[string]build{
		"remora 1.2.3 (0123456789ab with changes, go1.26.8)": buildOf("1.2.3", info),
		"remora devel (0123456789ab with changes, go1.26.8)": buildOf("", info),
		"remora devel": buildOf("", &debug.BuildInfo{}),
	} {
		if got := b.line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
