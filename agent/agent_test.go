package agent

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

const twoServices = `
service "web" {
  backend "10.0.0.1:80" {
    weight = 5
    zone   = "a"
  }
  backend "10.0.0.2:80" {}
  backend "10.0.0.3:80" {}
}
service "db" {
  strategy = "least_connections"
  backend "10.0.1.1:5432" {}
}
`

func TestStaticServicesAreServed(t *testing.T) {
	r := start(t, twoServices)
	var order []string
	for range 7 {
		s, err := r.Select(r.ctx(), "web")
		r.check(err)
		order = append(order, strings.TrimSuffix(strings.TrimPrefix(s.Address, "10.0.0."), ":80"))
	}
	if got := strings.Join(order, ""); got != "1121311" {
		t.Errorf("seven selects gave %s, want nginx's order 1121311", got)
	}
	list, err := r.Services(r.ctx())
	r.check(err)
	if len(list) != 2 || list[0].Name != "db" || list[1].BackendCount != 3 || list[1].Sources[0] != "static" {
		t.Errorf("services are %+v", list)
	}
}

func TestNewReportsEveryFaultAndLeavesNothing(t *testing.T) {
	folder := shortFolder(t)
	path := filepath.Join(folder, "remora.hcl")
	if err := os.WriteFile(path, []byte("api {\n  socket = \""+folder+"/r.sock\"\n}\nlog_levle = \"info\"\nservice \"web\" {\n  backend \"10.0.0.1:0\" {}\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(t.Context(), Options{ConfigPaths: []string{path}, Dev: true})
	if got := faultsOf(err); len(got) != 2 {
		t.Errorf("got %d faults, want 2: %v", len(got), err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestReloadKeepsStateOfWhatStays(t *testing.T) {
	r := start(t, twoServices)
	ctx := r.ctx()
	lease, err := r.LeaseFor(ctx, "web", client1h)
	r.check(err)
	r.check(r.MarkHealth(ctx, "web", "10.0.0.2:80", false))
	r.check(r.SetAdmin(ctx, "web", "10.0.0.3:80", wire.AdminDrain))
	r.check(r.Report(ctx, wire.Report{Service: "web", Address: "10.0.0.1:80", Outcome: client.Failed(0)}))
	before, err := r.Group(ctx, "web")
	r.check(err)

	r.configure(`
service "web" {
  strategy = "least_connections"
  backend "10.0.0.3:80" { weight = 2 }
  backend "10.0.0.1:80" { zone = "b" }
  backend "10.0.0.2:80" {}
  backend "10.0.0.4:80" {}
}
`)
	result, err := r.Reload(ctx)
	r.check(err)
	after, err := r.Group(ctx, "web") // what the reload says is in force when it returns
	r.check(err)
	if after.BackendCount != 4 {
		t.Errorf("the reload is not in force: %+v", after)
	}
	for _, b := range before.Backends {
		is := backend(after, b.Address)
		if is.Healthy != b.Healthy || is.Verdicts != b.Verdicts || is.ActiveConnections != b.ActiveConnections ||
			is.ConsecutiveFailures != b.ConsecutiveFailures || is.ReportedFailures != b.ReportedFailures {
			t.Errorf("%+v became %+v", b, is)
		}
	}
	if lease.Address != "10.0.0.1:80" || backend(after, lease.Address).ActiveConnections != 1 {
		t.Errorf("the lease of %s is not counted: %+v", lease.Address, after)
	}
	if after.Strategy != "least_connections" {
		t.Errorf("the strategy is %s", after.Strategy)
	}
	if got := strings.Join(result.Changed, " "); !strings.Contains(got, `"web"`) || !strings.Contains(got, `"db"`) {
		t.Errorf("the reload says that %q changed", got)
	}
	if _, err := r.Select(ctx, "db"); code(err) != wire.CodeUnknownService {
		t.Errorf("select of a service that the reload removed: %v", err)
	}
}

func TestReloadIsWholeOrNothing(t *testing.T) {
	r := start(t, twoServices)
	r.configure(twoServices + "service \"web\" {\n  backend \"10.0.0.9:80\" {}\n}\nnonsense = 1\n")
	_, err := r.Reload(r.ctx())
	var p *wire.Problem
	if code(err) != wire.CodeBadRequest {
		t.Fatalf("reload of a bad configuration: %v", err)
	}
	p = err.(interface{ Unwrap() error }).Unwrap().(*wire.Problem)
	if len(p.Faults) != 2 || p.Faults[0].Line == 0 || p.Faults[0].Snippet == "" {
		t.Errorf("faults are %+v, want 2 with line and snippet", p.Faults)
	}
	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	if group.BackendCount != 3 {
		t.Errorf("the refused configuration is in force: %+v", group)
	}
}

func TestReloadNamesWhatNeedsARestart(t *testing.T) {
	r := start(t, twoServices)
	r.configure("api {\n  socket = \"SOCKET\"\n  mode   = \"0600\"\n}\n" + twoServices)
	result, err := r.Reload(r.ctx())
	r.check(err)
	if len(result.NeedsRestart) != 1 || result.NeedsRestart[0] != "api.mode" || len(result.Changed) != 0 {
		t.Errorf("got %+v, want that api.mode needs a restart", result)
	}
}

func TestReloadBySignal(t *testing.T) {
	r := start(t, twoServices)
	r.configure(strings.ReplaceAll(twoServices, "10.0.0.3:80", "10.0.0.4:80"))
	r.reload <- struct{}{}
	r.until("web", "the reload is in force", func(g wire.Group) bool { return backend(g, "10.0.0.4:80").Address != "" })
}

func TestOwnership(t *testing.T) {
	r := start(t, twoServices)
	ctx := r.ctx()
	spec := wire.BackendSpec{Address: "10.0.9.9:80"}
	refused := map[string]error{
		"register":   r.Register(ctx, "web", wire.Registration{Backends: []wire.BackendSpec{spec}}),
		"unregister": r.Unregister(ctx, "web"),
		"add":        r.AddBackend(ctx, "web", spec),
		"remove":     r.RemoveBackend(ctx, "web", "10.0.0.1:80"),
	}
	_, refused["update"] = r.UpdateBackends(ctx, "web", []wire.BackendSpec{spec})
	for what, err := range refused {
		if code(err) != wire.CodeOwnedBySource {
			t.Errorf("%s of a configured service: %v", what, err)
		}
	}
	r.check(r.MarkHealth(ctx, "web", "10.0.0.1:80", false))
	r.check(r.SetAdmin(ctx, "web", "10.0.0.1:80", wire.AdminDrain))
}

func TestConfiguringAServiceTakesItFromTheAPI(t *testing.T) {
	r := start(t, "")
	ctx := r.ctx()
	r.check(r.Register(ctx, "web", wire.Registration{Backends: []wire.BackendSpec{{Address: "10.0.0.1:80"}, {Address: "10.0.0.8:80"}}}))
	r.check(r.MarkHealth(ctx, "web", "10.0.0.1:80", false))
	r.configure(twoServices)
	_, err := r.Reload(ctx)
	r.check(err)
	group := r.until("web", "the configuration rules", func(g wire.Group) bool { return g.BackendCount == 3 })
	if group.Sources[0] != "static" || backend(group, "10.0.0.1:80").Healthy {
		t.Errorf("got %+v, want the configured backends with the state they had", group)
	}
}

func TestProbesFollowTheConfiguration(t *testing.T) {
	up, down := listenTCP(t), listenTCP(t)
	r := start(t, `
defaults {
  health_check {
    interval = "100ms"
  }
}
service "web" {
  backend "`+up.Addr().String()+`" {}
  backend "`+down.Addr().String()+`" {}
}
`)
	r.until("web", "both were probed", func(g wire.Group) bool {
		return backend(g, up.Addr().String()).Verdicts.Active == "ok" && backend(g, down.Addr().String()).Verdicts.Active == "ok"
	})
	_ = down.Close()
	group := r.until("web", "the dead one is noticed", func(g wire.Group) bool { return g.HealthyCount == 1 })
	dead := backend(group, down.Addr().String())
	if dead.Healthy || dead.ConsecutiveFailures < 1 || dead.LastCheck == nil || !strings.Contains(dead.LastCheck.Error, "refused") {
		t.Errorf("the dead backend is %+v", dead)
	}
	r.configure(`
service "web" {
  backend "` + up.Addr().String() + `" {}
  backend "` + down.Addr().String() + `" {}
}
`)
	_, err := r.Reload(r.ctx())
	r.check(err)
	r.until("web", "the verdicts of probes that ended are forgotten", func(g wire.Group) bool {
		return g.HealthyCount == 2 && backend(g, down.Addr().String()).Verdicts.Active == "unknown"
	})
}

func TestTelemetryListen(t *testing.T) {
	l := listenTCP(t)
	address := l.Addr().String()
	_ = l.Close()
	r := start(t, twoServices+"telemetry {\n  listen = \""+address+"\"\n}\n")
	for path, want := range map[string]int{"/metrics": 200, "/healthz": 200, "/v1/services": 404} {
		response, err := http.Get("http://" + address + path)
		r.check(err)
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s over TCP: %d, want %d", path, response.StatusCode, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestDevelopmentMode(t *testing.T) {
	folder := shortFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := &logBuffer{}
	socket := filepath.Join(folder, "r.sock")
	a, err := New(ctx, Options{Dev: true, Socket: socket, Stdout: out, Stderr: out})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	c := client.New(socket)
	defer c.Close()
	seen := make(map[string]bool)
	for range 3 {
		s, err := c.Select(ctx, "demo")
		if err != nil {
			t.Fatal(err)
		}
		seen[s.Address] = true
		response, err := http.Get("http://" + s.Address)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if len(seen) != 3 {
		t.Errorf("three selects gave %v", seen)
	}
	for address := range seen {
		if err := c.SetAdmin(ctx, "demo", address, wire.AdminDrain); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if s, err := c.Select(ctx, "demo"); err == nil && s.Address == address {
				t.Errorf("%s was selected after its drain", address)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := out.String(); !strings.Contains(got, "curl --unix-socket "+socket) {
		t.Errorf("development mode says\n%s", got)
	}
}

func TestAClientThatDoesNotReadDoesNotSpoilTheShutdown(t *testing.T) {
	r := start(t, twoServices)
	conn, err := net.Dial("unix", r.socket)
	r.check(err)
	defer func() { _ = conn.Close() }()
	r.check(conn.SetWriteDeadline(time.Now().Add(time.Second)))
	request := []byte("GET /v1/services/web HTTP/1.1\r\nHost: remora\r\n\r\n")
	for range 10_000 { // until the answers fill every buffer on the way
		if _, err := conn.Write(request); err != nil {
			break
		}
	}
	r.check(r.stop())
	if !strings.Contains(r.log.String(), "cut off at shutdown") {
		t.Errorf("the log does not say that a request was cut off:\n%s", r.log)
	}
}
