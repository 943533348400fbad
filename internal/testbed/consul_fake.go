package testbed

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// ConsulFake speaks enough of Consul's API for a watcher, until it is told to lie: it is for what a
// real Consul can't be made to do. Its methods may be called concurrently.
type ConsulFake struct {
	server *httptest.Server

	mu       sync.Mutex
	index    uint64
	changed  chan struct{} // closed and replaced at every change
	services map[string][]*api.ServiceEntry
	lie      Lie
	requests int
	asked    chan struct{} // closed and replaced at every request
	last     *http.Request
}

// Lie answers a request in the place of the fake; truth answers as the fake would.
type Lie func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc)

// StartConsulFake starts a fake that ends with the test.
func StartConsulFake(t testing.TB) *ConsulFake {
	t.Helper()
	f := &ConsulFake{
		index: 10, changed: make(chan struct{}), asked: make(chan struct{}),
		services: make(map[string][]*api.ServiceEntry),
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.server.CloseClientConnections()
		f.server.Close()
	})
	return f
}

// Address is the host:port of the fake.
func (f *ConsulFake) Address() string { return f.server.Listener.Addr().String() }

// Put replaces the instances of a service.
func (f *ConsulFake) Put(service string, addresses ...string) {
	entries := []*api.ServiceEntry{} // an empty list and not null
	for i, address := range addresses {
		host, port, _ := net.SplitHostPort(address)
		number, _ := strconv.Atoi(port)
		entries = append(entries, &api.ServiceEntry{
			Node:    &api.Node{Node: "n", Address: host},
			Service: &api.AgentService{ID: fmt.Sprintf("%s-%d", service, i), Service: service, Address: host, Port: number},
		})
	}
	f.change(func() {
		f.index++
		f.services[service] = entries
	})
}

// Lie has every request answered by lie from now on, and those that wait for a change at once; nil is
// the truth.
func (f *ConsulFake) Lie(lie Lie) { f.change(func() { f.lie = lie }) }

// Requests is how many requests there were.
func (f *ConsulFake) Requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// AwaitRequests returns once there were n requests.
func (f *ConsulFake) AwaitRequests(t testing.TB, n int) {
	t.Helper()
	timeout := time.NewTimer(guard)
	defer timeout.Stop()
	for {
		f.mu.Lock()
		count, asked := f.requests, f.asked
		f.mu.Unlock()
		if count >= n {
			return
		}
		select {
		case <-asked:
		case <-timeout.C:
			t.Fatalf("waited too long for %d requests, there were %d", n, count)
		}
	}
}

// LastRequest is the last one there was.
func (f *ConsulFake) LastRequest() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *ConsulFake) change(edit func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	edit()
	close(f.changed)
	f.changed = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (f *ConsulFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	f.last = r
	close(f.asked)
	f.asked = make(chan struct{})
	lie := f.lie
	f.mu.Unlock()
	if lie == nil {
		lie = f.await(r)
	}
	if lie == nil {
		f.truth(w, r)
		return
	}
	lie(w, r, f.truth)
}

// await holds a query back while nothing changes, as Consul does. It returns the lie that began
// meanwhile.
func (f *ConsulFake) await(r *http.Request) Lie {
	query := r.URL.Query()
	index, _ := strconv.ParseUint(query.Get("index"), 10, 64)
	wait, _ := time.ParseDuration(query.Get("wait"))
	if index == 0 {
		return nil
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		f.mu.Lock()
		changed, lie, current := f.changed, f.lie, f.index
		f.mu.Unlock()
		if lie != nil || current > index {
			return lie
		}
		select {
		case <-changed:
		case <-timeout.C:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}

// truth answers from what the fake holds.
func (f *ConsulFake) truth(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body any
	if name, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/health/service/"); ok {
		name, _ = url.PathUnescape(name)
		entries := f.services[name]
		if entries == nil {
			entries = []*api.ServiceEntry{}
		}
		body = entries
	} else if strings.HasPrefix(r.URL.Path, "/v1/catalog/service/") {
		body = []any{} // the servers of Consul: there are none
	} else {
		names := make(map[string][]string)
		for name, entries := range f.services {
			if len(entries) > 0 {
				names[name] = []string{}
			}
		}
		body = names
	}
	if w.Header().Get("X-Consul-Index") == "" {
		w.Header().Set("X-Consul-Index", strconv.FormatUint(f.index, 10))
	}
	_ = json.NewEncoder(w).Encode(body)
}
