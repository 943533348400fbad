package agent

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"github.com/remora-agent/remora/agent/state"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// kept is what makes an agent of these tests keep its state.
const kept = "data_dir = \"FOLDER/data\"\n"

// nobody answers there.
const nobody = "127.0.0.1:1"

// restart ends the agent in good order and starts another one in its place.
func (r *running) restart(hcl string) *running {
	r.t.Helper()
	r.Close()
	r.check(r.stop())
	return startIn(r.t, r.folder, hcl)
}

// TestRestartWhileTheRegistryIsDown has an agent find in its file what its registry does not tell it: a
// service that was used on demand, with its age, drains, leases and a service of the API.
func TestRestartWhileTheRegistryIsDown(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{Proxied: true}.Start(t)
	hcl := kept + etcdConfig(world)
	r := start(t, hcl)
	addresses := world.PutMany([]string{"web"}, 0, 3)["web"]
	slices.Sort(addresses)
	has := func(r *running, want []string, stale bool) {
		t.Helper()
		w := watcher{running: r, world: world}
		w.await("web", fmt.Sprintf("has %q, stale: %v", want, stale), func(g wire.Group) bool {
			return slices.Equal(addressesOf(g), want) && g.Stale == stale
		})
	}
	has(r, addresses, false)

	r.check(r.SetAdmin(r.ctx(), "web", addresses[0], wire.AdminDrain))
	r.check(r.Register(r.ctx(), "own", wire.Registration{Strategy: "least_connections", Backends: []wire.BackendSpec{
		{Address: "10.0.0.1:80", Zone: "a", Tags: []string{"x"}, Meta: map[string]string{"k": "v"}},
		{Address: "10.0.0.2:80"},
	}}))
	r.check(r.SetAdmin(r.ctx(), "own", "10.0.0.2:80", wire.AdminDrain))
	r.check(r.RemoveBackend(r.ctx(), "own", "10.0.0.2:80")) // and its drain stays
	before, err := r.Group(r.ctx(), "own")
	r.check(err)
	var leases []*client.Lease
	for _, service := range []string{"web", "web", "own"} {
		lease, err := r.LeaseFor(r.ctx(), service, time.Hour)
		r.check(err)
		leases = append(leases, lease)
	}

	world.Proxy.Cut()
	r = r.restart(hcl)
	s, err := r.Select(r.ctx(), "web")
	r.check(err)
	if !s.Stale || !slices.Contains(addresses[1:], s.Address) {
		t.Errorf("the first select gave %+v, want a stale one of %q", s, addresses[1:])
	}
	r.check(r.Ready(r.ctx()))
	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	if got := addressesOf(group); !slices.Equal(got, addresses) || !group.Stale || group.AgeSeconds <= 0 {
		t.Errorf("of web it knows %q, stale %v, %v s old", got, group.Stale, group.AgeSeconds)
	}
	if got := backend(group, addresses[0]).Verdicts.Admin; got != wire.AdminDrain {
		t.Errorf("the drained backend is %s", got)
	}
	if active(group) != 2 {
		t.Errorf("%d active connections, want those of two leases", active(group))
	}
	after, err := r.Group(r.ctx(), "own")
	r.check(err)
	if after.Index <= before.Index {
		t.Errorf("the index went from %d to %d", before.Index, after.Index)
	}
	if b := backend(after, "10.0.0.1:80"); after.Strategy != before.Strategy || b.ActiveConnections != 1 || b.Meta["k"] != "v" || b.Zone != "a" || !slices.Equal(b.Tags, []string{"x"}) {
		t.Errorf("the service of the API was %+v and is %+v", before, after)
	}
	r.check(r.AddBackend(r.ctx(), "own", wire.BackendSpec{Address: "10.0.0.2:80"}))
	after, err = r.Group(r.ctx(), "own")
	r.check(err)
	if backend(after, "10.0.0.2:80").Verdicts.Admin != wire.AdminDrain {
		t.Error("the drain of a backend that was away is forgotten")
	}

	r.check(r.RenewLease(r.ctx(), leases[0].LeaseID))
	for _, lease := range leases {
		r.check(r.EndLease(r.ctx(), lease.LeaseID, client.Succeeded(time.Millisecond)))
	}
	for _, service := range []string{"web", "own"} {
		group, err := r.Group(r.ctx(), service)
		r.check(err)
		if active(group) != 0 {
			t.Errorf("%s: %d active connections after all leases ended", service, active(group))
		}
	}
	if err := r.RenewLease(r.ctx(), leases[0].LeaseID); code(err) != wire.CodeUnknownLease {
		t.Errorf("renewing what has ended: %v", err)
	}

	world.Delete("web", 2)
	world.Proxy.Resume(t)
	has(r, addresses[:2], false)
	if strings.Contains(r.log.String(), "source recovered") && !strings.Contains(r.log.String(), "became stale") {
		t.Error("a first answer was logged as a recovery")
	}
}

// TestFindingsSurvive keeps what was found out about backends: verdicts, streaks, ejections and latencies.
func TestFindingsSurvive(t *testing.T) {
	t.Parallel()
	good := listenTCP(t).Addr().String()
	fake := testbed.StartConsulFake(t)
	const dead = nobody
	fake.Put("web", good, dead, "127.0.0.2:1")
	hcl := fmt.Sprintf(kept+`
provider "consul" "main" {
  address = %q
}
service "web" {
  strategy = "peak_ewma"
  source "main" {}
  health_check {
    type = "tcp"
    interval = "1h"
    unhealthy_threshold = 1
    healthy_threshold = 3
  }
  outlier_detection {
    consecutive_failures = 2
    base_ejection_time = "1h"
    max_ejection_time = "5h"
    max_ejection_percent = 50
  }
}
`, fake.Address())
	r := start(t, hcl)
	r.until("web", "the dead one failed", func(g wire.Group) bool {
		return backend(g, dead).Verdicts.Active == "failed" && backend(g, good).Verdicts.Active == "ok"
	})
	for range 2 {
		r.check(r.Report(r.ctx(), wire.Report{Service: "web", Address: good, Outcome: client.Failed(time.Second)}))
	}
	r.until("web", "it is ejected", func(g wire.Group) bool { return backend(g, good).Verdicts.Passive == "failed" })

	r = r.restart(strings.Replace(hcl, fake.Address(), nobody, 1))
	g := r.until("web", "it is there", func(g wire.Group) bool { return len(g.Backends) == 3 })
	if b := backend(g, dead); b.Verdicts.Active != "failed" || b.ConsecutiveFailures == 0 {
		t.Errorf("the dead backend is %+v", b)
	}
	if b := backend(g, good); b.Verdicts.Passive != "failed" {
		t.Errorf("the ejected backend is %+v", b)
	}
}

// TestConfigurationWins restarts with a configuration that says otherwise than what was kept.
func TestConfigurationWins(t *testing.T) {
	t.Parallel()
	fake := testbed.StartConsulFake(t)
	fake.Put("web", "10.0.0.1:80")
	fake.Put("gone", "10.0.0.1:81")
	fake.Put("tagged", "10.0.0.1:82")
	provider := fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  services = [\"*\"]\n}\n", fake.Address())
	r := start(t, kept+provider+"service \"tagged\" {\n  source \"main\" {}\n}\n")
	for _, service := range []string{"web", "gone", "tagged"} {
		_, err := r.Select(r.ctx(), service)
		r.check(err)
	}
	r.check(r.Register(r.ctx(), "own", wire.Registration{Backends: []wire.BackendSpec{{Address: "10.0.0.1:83"}}}))

	provider = strings.NewReplacer(`"*"`, `"w*", "t*"`, fake.Address(), nobody).Replace(provider)
	r = r.restart(kept + provider + `
service "web" {
  backend "10.1.0.1:80" {}
}
service "own" {
  backend "10.1.0.1:83" {}
}
service "tagged" {
  source "main" {
    tags = ["v2"]
  }
}
`)
	for service, want := range map[string]string{"web": "10.1.0.1:80", "own": "10.1.0.1:83"} {
		s, err := r.Select(r.ctx(), service)
		r.check(err)
		if s.Address != want || s.Stale {
			t.Errorf("%s is served as %+v, want %s", service, s, want)
		}
	}
	for service, want := range map[string]wire.Code{"gone": wire.CodeUnknownService, "tagged": wire.CodeNotReady} {
		if _, err := r.Select(r.ctx(), service); code(err) != want {
			t.Errorf("a select of %s: %v, want %s", service, err, want)
		}
	}
}

// TestABadStateFileIsSetAside starts with files that can't be read.
func TestABadStateFileIsSetAside(t *testing.T) {
	t.Parallel()
	r := start(t, kept+twoServices)
	r.check(r.Register(r.ctx(), "own", wire.Registration{Backends: []wire.BackendSpec{{Address: "10.0.0.1:83"}}}))
	r.Close()
	r.check(r.stop())
	path := filepath.Join(r.folder, "data", "state")
	whole, err := os.ReadFile(path)
	r.check(err)
	for name, bad := range map[string][]byte{
		"empty":   nil,
		"NULs":    make([]byte, len(whole)),
		"cut off": whole[:len(whole)-1],
	} {
		r.check(os.WriteFile(path, bad, 0o600))
		again := startIn(t, r.folder, kept+twoServices)
		if _, err := again.Select(again.ctx(), "web"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text := again.log.String(); strings.Count(text, "the state file can't be used") != 1 || !strings.Contains(text, "state.corrupt-") {
			t.Errorf("%s: the log says\n%s", name, text)
		}
		again.end()
	}
}

func TestTwoAgentsOneDataDir(t *testing.T) {
	t.Parallel()
	r := start(t, kept+twoServices)
	other := &running{t: t, folder: shortFolder(t), log: &logBuffer{}}
	other.socket = filepath.Join(other.folder, "r.sock")
	other.configure(strings.Replace(kept, "FOLDER", r.folder, 1) + twoServices)
	if _, err := New(t.Context(), other.options()); err == nil || !strings.Contains(err.Error(), "another agent uses it") {
		t.Errorf("a second agent: %v", err)
	}
}

// TestVerdictsOfProbesThatAreNoMore takes the health check out of the configuration between two runs.
func TestVerdictsOfProbesThatAreNoMore(t *testing.T) {
	t.Parallel()
	r := start(t, kept+"service \"web\" {\n  backend \"127.0.0.1:1\" {}\n  health_check {\n    interval = \"1h\"\n  }\n}\nservice \"bare\" {\n  backend \"127.0.0.1:1\" {}\n}\n")
	r.until("web", "it failed", func(g wire.Group) bool { return backend(g, nobody).Verdicts.Active == "failed" })
	r.check(r.MarkHealth(r.ctx(), "bare", nobody, false))
	r = r.restart(kept + "service \"web\" {\n  backend \"127.0.0.1:1\" {}\n}\nservice \"bare\" {\n  backend \"127.0.0.1:1\" {}\n}\n")
	for service, want := range map[string]string{"web": "unknown", "bare": "failed"} {
		g, err := r.Group(r.ctx(), service)
		r.check(err)
		if got := backend(g, nobody).Verdicts.Active; got != want {
			t.Errorf("%s: the active verdict is %s, want %s", service, got, want)
		}
	}
}

// TestAnyStateIsRecalled recalls what no agent would have kept. Whatever it is, the agent goes on.
func TestAnyStateIsRecalled(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(writeConfig(t, `
provider "etcd" "main" {
  endpoints = ["http://127.0.0.1:1"]
  prefix    = "/services/"
  services  = ["*"]
}
service "web" {
  strategy = "peak_ewma"
  source "main" {}
  health_check {}
  outlier_detection {}
}
`))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := &Agent{log: hclog.NewNullLogger(), started: time.Now(), options: Options{clock: time.Now}}
		a.build(c, 0)
		if err := a.apply(c); err != nil {
			t.Fatal(err)
		}
		a.recall(anyState(t), time.Now())
		ctx, cancel := context.WithTimeout(context.Background(), guard)
		var running sync.WaitGroup
		running.Go(func() { _ = a.catalog.Run(ctx) })
		if a.catalog.AwaitRecalled(ctx); ctx.Err() != nil {
			t.Error("the consumer never heard of something that was recalled")
		}
		cancel()
		running.Wait()
		a.remember(state.NewWriter(io.Discard))
		_, _ = a.groups.lb.Select("web")
	})
}

func writeConfig(t *testing.T, hcl string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "remora.hcl")
	if err := os.WriteFile(path, []byte(hcl), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// anyState draws from values that fit together, and from some that don't.
func anyState(t *rapid.T) state.State {
	service := rapid.SampledFrom([]string{"web", "own", "", "..", "w\xff", strings.Repeat("x", 300)})
	address := rapid.SampledFrom([]string{"10.0.0.1:80", "10.0.0.2:80", "[::1]:80", "", "no port", "x:99999"})
	span := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64().Draw(t, "span")) })
	endpoint := rapid.Custom(func(t *rapid.T) state.Endpoint {
		return state.Endpoint{
			Address:  address.Draw(t, "address"),
			ID:       rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "id"),
			Weight:   rapid.SampledFrom([]int{1, 0, -1, 1 << 30}).Draw(t, "weight"),
			Priority: rapid.SampledFrom([]int{0, 1, -1, 1 << 30}).Draw(t, "priority"),
			Status:   rapid.Byte().Draw(t, "status"),
		}
	})
	backend := rapid.Custom(func(t *rapid.T) state.Backend {
		b := state.Backend{
			Address:   address.Draw(t, "address"),
			Verdict:   rapid.Byte().Draw(t, "verdict"),
			Failures:  rapid.Int().Draw(t, "failures"),
			OKs:       rapid.Int().Draw(t, "oks"),
			Faileds:   rapid.Int().Draw(t, "faileds"),
			Ramping:   rapid.Bool().Draw(t, "ramping"),
			Healthy:   span.Draw(t, "healthy"),
			Cost:      span.Draw(t, "cost"),
			CostAge:   span.Draw(t, "cost age"),
			Ejections: rapid.Int().Draw(t, "ejections"),
		}
		if rapid.Bool().Draw(t, "ejected") {
			b.Ejection = &state.Ejection{Age: span.Draw(t, "age"), Left: span.Draw(t, "left"), Alone: rapid.Bool().Draw(t, "alone")}
		}
		return b
	})
	s := state.State{Meta: state.Meta{At: time.Unix(rapid.Int64().Draw(t, "at"), 0), Index: rapid.Uint64().Draw(t, "index")}}
	for range rapid.IntRange(0, 5).Draw(t, "services") {
		one := state.Service{
			Name:     service.Draw(t, "name"),
			Idle:     span.Draw(t, "idle"),
			Drained:  rapid.SliceOfN(address, 0, 3).Draw(t, "drained"),
			Backends: rapid.SliceOfN(backend, 0, 3).Draw(t, "backends"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "sources") {
			one.Sources = append(one.Sources, state.Source{
				Provider:  rapid.SampledFrom([]string{"main", "static", "x"}).Draw(t, "provider"),
				Identity:  rapid.SampledFrom([]string{"etcd /services/", ""}).Draw(t, "identity"),
				Age:       span.Draw(t, "age"),
				Endpoints: rapid.SliceOfN(endpoint, 0, 3).Draw(t, "endpoints"),
			})
		}
		if rapid.Bool().Draw(t, "api") {
			one.API = &state.Registration{
				Strategy:  rapid.SampledFrom([]string{"", "random", "none such"}).Draw(t, "strategy"),
				Endpoints: rapid.SliceOfN(endpoint, 0, 3).Draw(t, "registered"),
			}
		}
		s.Services = append(s.Services, one)
	}
	for range rapid.IntRange(0, 3).Draw(t, "leases") {
		s.Leases = append(s.Leases, state.Lease{
			ID:      rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "id"),
			Service: service.Draw(t, "service"),
			Address: address.Draw(t, "address"),
			TTL:     span.Draw(t, "ttl"),
			Left:    span.Draw(t, "left"),
		})
	}
	return s
}
