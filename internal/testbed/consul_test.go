package testbed

import "testing"

// TestConsulKeepsItsData restarts a server with its data, and then without.
func TestConsulKeepsItsData(t *testing.T) {
	w := ConsulScenario{Consul: ConsulConfig{Durable: true}}.Start(t)
	address := w.RegisterExternal("web", 1)
	count := func() int {
		t.Helper()
		entries, _, err := w.Consul.Client().Health().Service("web", "", false, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if truth := w.Truth("web"); len(truth) != 1 || truth[0] != address {
		t.Errorf("the truth is %q, want %q", truth, address)
	}
	server := w.Consul.Servers[0]
	server.Kill()
	server.Restart(t)
	if got := count(); got != 1 {
		t.Errorf("after a crash there are %d instances, want 1", got)
	}
	server.Kill()
	server.Wipe()
	server.Restart(t)
	if got := count(); got != 0 {
		t.Errorf("after its data was wiped there are %d instances, want none", got)
	}
}

// TestConsulFakeHoldsQueriesBack asks with an index until the fake changes.
func TestConsulFakeHoldsQueriesBack(t *testing.T) {
	f := StartConsulFake(t)
	f.Put("web", "10.0.0.1:80")
	answered := make(chan string, 1)
	go func() {
		_, body, err := get(f.Address()+"/v1/health/service/web?index=11&wait=60s", guard)
		if err != nil {
			body = err.Error()
		}
		answered <- body
	}()
	f.AwaitRequests(t, 1)
	select {
	case body := <-answered:
		t.Fatalf("the fake answered at once: %s", body)
	default:
	}
	f.Put("web")
	if body := <-answered; body != "[]\n" {
		t.Errorf("got %q, want the empty list", body)
	}
}
