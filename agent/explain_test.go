package agent

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// get asks over the socket for what the client has no method for, and returns status and body.
func (r *running) get(path string, into any) int {
	r.t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", r.socket)
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://remora" + path)
	r.check(err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	r.check(err)
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			r.t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	return response.StatusCode
}

func TestExplainOverTheSocket(t *testing.T) {
	dead := listenTCP(t)
	_ = dead.Close()
	r := start(t, `
service "web" {
  backend "127.0.0.1:1" {}
  backend "10.0.0.2:80" {}
  backend "10.0.0.3:80" { weight = 0 }
  backend "10.0.0.4:80" { priority = 1 }
  backend "10.0.0.5:80" {}
}
`)
	ctx := r.ctx()
	r.check(r.SetAdmin(ctx, "web", "127.0.0.1:1", wire.AdminDrain))
	var e wire.Explained
	for range 100 { // some spill over to the other tier, which is explained otherwise
		e = wire.Explained{}
		if status := r.get("/v1/select/web?explain=1&exclude=10.0.0.2:80", &e); status != 200 {
			t.Fatalf("status %d", status)
		}
		if e.Address == "10.0.0.5:80" {
			break
		}
	}
	if e.Address != "10.0.0.5:80" || !strings.HasPrefix(e.Explain.Why, "10.0.0.5:80: ") || e.Explain.Regime != "spill-over" && e.Explain.Regime != "normal" {
		t.Errorf("explained %s: %q in regime %s", e.Address, e.Explain.Why, e.Explain.Regime)
	}
	reasons := make(map[string]string)
	for _, b := range e.Explain.Backends {
		reasons[b.Address] = b.Reason
	}
	for address, want := range map[string]string{
		"127.0.0.1:1": "drained by an operator",
		"10.0.0.2:80": "excluded by the request",
		"10.0.0.3:80": "weight 0",
		"10.0.0.4:80": "tier 1",
		"10.0.0.5:80": "",
	} {
		if got := reasons[address]; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for _, address := range []string{"10.0.0.2:80", "10.0.0.4:80", "10.0.0.5:80"} {
		r.check(r.MarkHealth(ctx, "web", address, false))
	}
	var p wire.Problem
	if status := r.get("/v1/select/web?explain=1", &p); status != 503 || p.Explain == nil || p.Explain.Regime != "down" {
		t.Errorf("of a service that is down: %d, %+v", status, p)
	}
	if status := r.get("/v1/select/web?explain=1&count=2", &p); status != 400 {
		t.Errorf("explain with count: %d", status)
	}
	if status := r.get("/v1/select/nobody?explain=1", &p); status != 404 {
		t.Errorf("explain of an unknown service: %d", status)
	}
}

func TestHistoryOverTheSocket(t *testing.T) {
	r := start(t, twoServices)
	r.check(r.SetAdmin(r.ctx(), "web", "10.0.0.1:80", wire.AdminDrain))
	var h wire.History
	if status := r.get("/v1/services/web/history", &h); status != 200 {
		t.Fatalf("status %d", status)
	}
	last := h.Changes[len(h.Changes)-1]
	if last.Effect != "drain" || last.Address != "10.0.0.1:80" || !strings.HasPrefix(last.Cause, "uid ") || last.At == "" {
		t.Errorf("the last change is %+v", last)
	}
	if first := h.Changes[0]; first.Cause != "source static" || first.Effect != "added" {
		t.Errorf("the first change is %+v", first)
	}
	if status := r.get("/v1/services/nobody/history", nil); status != 404 {
		t.Errorf("history of an unknown service: %d", status)
	}
}

func TestPoliciesOfTheConfiguration(t *testing.T) {
	r := start(t, `
locality {
  zone = "a"
}
defaults {
  panic_threshold = 50
}
service "hashed" {
  strategy = "maglev"
  backend "10.0.0.1:80" {}
  backend "10.0.0.2:80" {}
}
service "near" {
  strategy = "round_robin"
  locality {
    prefer_local = true
  }
  backend "10.0.1.1:80" { zone = "a" }
  backend "10.0.1.2:80" { zone = "b" }
}
service "tiers" {
  backend "10.0.2.1:80" {}
  backend "10.0.2.2:80" { priority = 1 }
}
`)
	ctx := r.ctx()
	if _, err := r.Select(ctx, "hashed"); code(err) != wire.CodeKeyRequired {
		t.Errorf("select without a key: %v", err)
	}
	first, err := r.Select(ctx, "hashed", client.Key("u1"))
	r.check(err)
	for range 5 {
		again, err := r.Select(ctx, "hashed", client.Key("u1"))
		r.check(err)
		if again.Address != first.Address || again.Table == "" || again.Table != first.Table {
			t.Errorf("the same key went to %s of table %s, then %s of %s", first.Address, first.Table, again.Address, again.Table)
		}
	}
	for range 5 {
		s, err := r.Select(ctx, "near")
		r.check(err)
		if s.Zone != "a" {
			t.Errorf("a backend in zone %s was selected", s.Zone)
		}
	}
	r.check(r.MarkHealth(ctx, "tiers", "10.0.2.1:80", false))
	s, err := r.Select(ctx, "tiers")
	r.check(err)
	if s.Address != "10.0.2.2:80" || s.Panic {
		t.Errorf("with the first tier dead %s was selected, panic %v", s.Address, s.Panic)
	}
	r.check(r.MarkHealth(ctx, "tiers", "10.0.2.2:80", false))
	s, err = r.Select(ctx, "tiers")
	r.check(err)
	if !s.Panic {
		t.Error("with everything dead the answer does not say panic")
	}
	group, err := r.Group(ctx, "tiers")
	r.check(err)
	if group.Regime != "panic" || len(group.Tiers) != 2 {
		t.Errorf("the regime is %s, the tiers %+v", group.Regime, group.Tiers)
	}
}

func TestReportsEject(t *testing.T) {
	r := start(t, `
service "web" {
  backend "10.0.0.1:80" {}
  backend "10.0.0.2:80" {}
  backend "10.0.0.3:80" {}
  outlier_detection {
    consecutive_failures = 3
  }
}
`)
	ctx := r.ctx()
	for range 3 {
		r.check(r.Report(ctx, wire.Report{Service: "web", Address: "10.0.0.2:80", Outcome: client.Failed(0)}))
	}
	group := r.until("web", "the outlier is ejected", func(g wire.Group) bool { return g.HealthyCount == 2 })
	if b := backend(group, "10.0.0.2:80"); b.Verdicts.Passive != "failed" {
		t.Errorf("the outlier is %+v", b)
	}
	var e wire.Explained
	r.get("/v1/select/web?explain=1", &e)
	for _, b := range e.Explain.Backends {
		if b.Address == "10.0.0.2:80" && !strings.Contains(b.Reason, "ejected for 30s: 3 consecutive failures") {
			t.Errorf("the reason is %q", b.Reason)
		}
	}
	var h wire.History
	r.get("/v1/services/web/history", &h)
	if last := h.Changes[len(h.Changes)-1]; last.Cause != "reports" || !strings.Contains(last.Effect, "ejected") {
		t.Errorf("the last change is %+v", last)
	}
}
