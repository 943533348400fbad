package agent

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// lyingFaults is what no real Consul can be made to say.
func lyingFaults() []fault {
	return []fault{
		{number: 6, name: "index 0, absent or no number", play: indexLies},
		{number: 9, name: "a lone empty 200", play: emptyOnce},
		{number: 11, name: "429", play: lied(2*time.Second, 30*time.Second, refuse(http.StatusTooManyRequests, "too many"))},
		{number: 12, name: "truncated JSON", play: lied(2*time.Second, 30*time.Second, say(`[{"Node":{"Node":"n","Address":"10.0`))},
		{number: 12, name: "a body of 1 GB", play: lied(5*time.Second, 30*time.Second, sayGigabyte)},
		{number: 12, name: "HTML with 200", play: lied(2*time.Second, 30*time.Second, say("<html>Welcome to the hotel</html>"))},
	}
}

// liar is a Consul that lies and an agent that listens to it.
type liar struct {
	*testbed.ConsulFake
	*trial
	r    *running
	load *load
	have []string
}

func (t *trial) liar() *liar {
	t.Helper()
	l := &liar{ConsulFake: testbed.StartConsulFake(t), trial: t}
	l.r = t.start(fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  services = [\"*\"]\n}\n", l.Address()))
	l.load = t.load(l.r)
	l.put("10.0.0.1:80", "10.0.0.2:80")
	l.await("it is there")
	return l
}

// put changes what is true of service web.
func (l *liar) put(addresses ...string) {
	l.Helper()
	if l.have != nil { // the old and the new may be selected until the agent has seen it
		l.load.expect("web", append(addresses, l.have...)...)
	}
	l.Put("web", addresses...)
	l.have = addresses
}

// await returns once the agent says what is true.
func (l *liar) await(what string) {
	l.Helper()
	_, err := l.r.Select(l.r.ctx(), "web")
	l.r.check(err)
	want := fmt.Sprint(l.have)
	l.r.until("web", what, func(g wire.Group) bool { return fmt.Sprint(addressesOf(g)) == want })
	l.load.expect("web", l.have...)
}

func (l *liar) awaitStale(stale bool) {
	l.Helper()
	l.r.until("web", "staleness changes", func(g wire.Group) bool { return g.Stale == stale })
}

// lied is a row in which the same lie is told for a time.
func lied(short, long time.Duration, lie testbed.Lie) func(*trial) {
	return func(t *trial) {
		l := t.liar()
		t.began()
		l.Lie(lie)
		l.awaitStale(true)
		t.stale()
		t.lasts(short, long)
		l.put("10.0.0.2:80", "10.0.0.3:80")
		l.Lie(nil)
		t.ready()
		l.await("the truth is seen")
		l.awaitStale(false)
		t.converged()
	}
}

// indexLies has lists that are true with indexes that make no sense: the service is followed by asking
// now and then.
func indexLies(t *trial) {
	l := t.liar()
	t.began()
	lies := []testbed.Lie{noIndex, index("abc"), index("0"), index("-1")}
	if !t.isLong() {
		lies = lies[:2] // after two, such a server is asked only once in a while
	}
	for i, lie := range lies {
		l.Lie(lie)
		l.put("10.0.0.1:80", fmt.Sprintf("10.0.0.%d:80", 2+i))
		l.await("the list is believed")
		t.lasts(0, 5*time.Second)
	}
	l.Lie(nil)
	t.ready()
	l.await("the truth is seen")
	t.converged()
}

// emptyOnce has Consul say once in a while that there is nothing, and not when asked to be consistent.
func emptyOnce(t *trial) {
	l := t.liar()
	t.began()
	for range int(t.length(3*time.Second, 30*time.Second) / time.Second) {
		before := l.Requests()
		l.Lie(func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
			if r.URL.Query().Has("consistent") {
				truth(w, r)
				return
			}
			say("[]")(w, r, truth)
		})
		l.AwaitRequests(t, before+1)
		l.Lie(nil)
		t.lasts(time.Second/4, time.Second)
	}
	l.put("10.0.0.2:80", "10.0.0.3:80")
	t.ready()
	l.await("the truth is seen")
	t.converged()
}

func say(body string) testbed.Lie { return refuse(http.StatusOK, body) }

func refuse(status int, body string) testbed.Lie {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("X-Consul-Index", "100")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// sayGigabyte sends a list that goes on for a gigabyte, or until nobody listens.
func sayGigabyte(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
	w.Header().Set("X-Consul-Index", "100")
	piece := `{"Service":{"ID":"` + strings.Repeat("x", 1<<20) + `"}},`
	_, _ = io.WriteString(w, "[")
	for range 1 << 10 {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
}

func index(text string) testbed.Lie {
	return func(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
		w.Header().Set("X-Consul-Index", text)
		truth(w, r)
	}
}

func noIndex(w http.ResponseWriter, r *http.Request, truth http.HandlerFunc) {
	truth(withoutIndex{w}, r)
}

// withoutIndex leaves the index out.
type withoutIndex struct{ http.ResponseWriter }

func (w withoutIndex) Write(p []byte) (int, error) {
	w.Header().Del("X-Consul-Index")
	return w.ResponseWriter.Write(p)
}
