package consul

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// lies are what no real Consul can be made to say.
var lies = []struct {
	name  string
	tell  testbed.Lie
	stale bool // the service counts as stale meanwhile
}{
	{"index 0", withIndex("0"), false},
	{"index abc", withIndex("abc"), false},
	{"index absent", func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
		truth(noIndex{w}, r)
	}, false},
	{"index lower", withIndex("3"), false},
	{"a lone empty list", func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
		if r.URL.Query().Has("consistent") {
			truth(w, r)
			return
		}
		body(w, http.StatusOK, "[]")
	}, false},
	{"an empty list without an index", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		_, _ = io.WriteString(w, "[]")
	}, true},
	{"null", answer(http.StatusOK, "null"), true},
	{"403", answer(http.StatusForbidden, "ACL not found"), true},
	{"429", answer(http.StatusTooManyRequests, "Your IP is issuing too many concurrent connections"), true},
	{"500", answer(http.StatusInternalServerError, "No cluster leader"), true},
	{"redirect", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	}, true},
	{"truncated JSON", answer(http.StatusOK, `[{"Node":{"Node":"n","Address":"10.0`), true},
	{"truncated body", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Length", "1000")
		body(w, http.StatusOK, "[")
	}, true},
	{"HTML", answer(http.StatusOK, "<html><body>Welcome to the hotel</body></html>"), true},
	{"a body without end", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		body(w, http.StatusOK, "[")
		for blank := strings.Repeat(" ", 64<<10); ; {
			if _, err := io.WriteString(w, blank); err != nil {
				return
			}
		}
	}, true},
	{"an answer that trickles", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		body(w, http.StatusOK, "[")
		trickle := time.NewTicker(20 * time.Millisecond)
		defer trickle.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-trickle.C:
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		}
	}, true},
	{"silence", func(_ http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { <-r.Context().Done() }, true},
	{"hanging up", func(http.ResponseWriter, *http.Request, http.HandlerFunc) { panic(http.ErrAbortHandler) }, true},
}

func body(w http.ResponseWriter, status int, text string) {
	w.Header().Set("X-Consul-Index", "100")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

func answer(status int, text string) testbed.Lie {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { body(w, status, text) }
}

func withIndex(index string) testbed.Lie {
	return func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
		w.Header().Set("X-Consul-Index", index)
		truth(w, r)
	}
}

// noIndex leaves the index out.
type noIndex struct{ http.ResponseWriter }

func (w noIndex) Write(p []byte) (int, error) {
	w.Header().Del("X-Consul-Index")
	return w.ResponseWriter.Write(p)
}

// TestLies tells each lie for a while: membership stays as it was, the server is not asked more often
// than promised, and the truth is believed again.
func TestLies(t *testing.T) {
	t.Parallel()
	for _, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			t.Parallel()
			fake := testbed.StartConsulFake(t)
			config := impatient(fake.Address())
			config.RequestTimeout = 300 * time.Millisecond
			config.Pause = 300 * time.Millisecond
			config.MaxBodyBytes = 1 << 20
			w := startProvider(t, config)
			fake.Put("web", "10.0.0.1:80", "10.0.0.2:80")
			w.Expect("web", "10.0.0.1:80", "10.0.0.2:80")
			sink, before, began := w.sink("web"), fake.Requests(), time.Now()
			fake.Lie(lie.tell)
			const requests, least = 24, 400 * time.Millisecond // by pause and backoff: three times that
			fake.AwaitRequests(t, before+requests)
			if took := time.Since(began); took < least {
				t.Errorf("%d requests took %v, want them spaced out over %v at least", requests, took, least)
			}
			if lie.stale {
				w.ExpectStale("web", true)
			}
			w.Expect("web", "10.0.0.1:80", "10.0.0.2:80")
			fake.Put("web", "10.0.0.2:80", "10.0.0.3:80")
			fake.Lie(nil)
			w.Expect("web", "10.0.0.2:80", "10.0.0.3:80")
			w.ExpectStale("web", false)
			if sink.shrunk > 0 {
				t.Errorf("the service was emptied %d times", sink.shrunk)
			}
		})
	}
}

// TestEmptyIsConfirmed takes the last instance away: an empty list that is true is said twice.
func TestEmptyIsConfirmed(t *testing.T) {
	t.Parallel()
	fake := testbed.StartConsulFake(t)
	w := startProvider(t, impatient(fake.Address()))
	fake.Put("web", "10.0.0.1:80")
	w.Expect("web", "10.0.0.1:80")
	before := fake.Requests()
	fake.Put("web")
	w.Expect("web")
	fake.AwaitRequests(t, before+2) // the confirmation, and the query that waits again
	fake.Put("web", "10.0.0.1:80")
	w.Expect("web", "10.0.0.1:80")
}

// TestListShrinksOnlyWhenSaidTwice has a list of services lose names, once as a lie.
func TestListShrinksOnlyWhenSaidTwice(t *testing.T) {
	t.Parallel()
	fake := testbed.StartConsulFake(t)
	w := startProvider(t, impatient(fake.Address()))
	fake.Put("a", "10.0.0.1:80")
	fake.Put("b", "10.0.0.1:80")
	lists := make(chan string, 100)
	w.wait.Go(func() { _ = w.List(w.ctx, func(names []string) { lists <- strings.Join(names, ",") }) })
	next := func(want string) {
		t.Helper()
		select {
		case got := <-lists:
			if got != want {
				t.Errorf("got the names %q, want %q", got, want)
			}
		case <-time.After(guard):
			t.Fatalf("waited too long for the names %q", want)
		}
	}
	next("a,b")
	before := fake.Requests()
	fake.Lie(func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
		if r.URL.Query().Has("consistent") {
			truth(w, r)
			return
		}
		body(w, http.StatusOK, `{"a":[]}`)
	})
	fake.AwaitRequests(t, before+6)
	fake.Put("b")
	fake.Lie(nil)
	next("a")
}
