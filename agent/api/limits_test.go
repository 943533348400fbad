package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/api"
)

const (
	short    = 50 * time.Millisecond // a limit that a test waits for
	getAlive = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	getOwned = "GET /v1/select/owned HTTP/1.1\r\nHost: x\r\n\r\n" // which the fast lane answers
)

func TestARequestThatDoesNotArrive(t *testing.T) {
	for name, part := range map[string]string{
		"in its first line": "GET /heal",
		"in its header":     "GET /healthz HTTP/1.1\r\nHost: x\r\nA: ",
		"in a fast body":    "POST /v1/leases HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n{",
		"in its body":       "POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[",
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, api.Options{Limits: api.Limits{Arrive: short}})
			c := r.dial(t)
			for range 2 { // the limit is each request's own
				send(t, c, getAlive)
				if status, _ := readAnswer(t, c); status != 200 {
					t.Fatalf("a whole request got %d", status)
				}
			}
			send(t, c, part)
			in := bufio.NewReader(c)
			readFrom(t, in, 503, `"code":"over_limit"`)
			if rest, _ := io.ReadAll(in); len(rest) > 0 {
				t.Errorf("after the answer came %q, want the end", rest)
			}
			if status, _, _ := ask(t, r.client, "GET", "/healthz", ""); status != 200 {
				t.Errorf("another client got %d", status)
			}
		})
	}
}

// readFrom reads one answer of several.
func readFrom(t *testing.T, in *bufio.Reader, status int, has string) {
	t.Helper()
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status || !strings.Contains(string(body), has) {
		t.Errorf("answer %d %s, %v, want %d with %s", answer.StatusCode, body, err, status, has)
	}
}

func TestAHeaderThatIsTooLarge(t *testing.T) {
	r := start(t, api.Options{})
	for size, want := range map[int]int{7 << 10: 200, 13 << 10: 431} {
		c := r.dial(t)
		send(t, c, "GET /healthz HTTP/1.1\r\nHost: x\r\nA: "+strings.Repeat("a", size)+"\r\n\r\n")
		if status, body := readAnswer(t, c); status != want {
			t.Errorf("a header of %d bytes got %d %s, want %d", size, status, body, want)
		}
	}
}

func TestABodyThatIsTooLargeIsRefusedBeforeItIsSent(t *testing.T) {
	r := start(t, api.Options{})
	c := r.dial(t)
	send(t, c, "POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
	if status, body := readAnswer(t, c); status != 413 || !strings.Contains(body, "too_large") {
		t.Errorf("answer %d %s, want 413", status, body)
	}
}

// What comes of a body after its limit is not kept, and so counts for no other limit.
func TestABodyThatIsMuchTooLarge(t *testing.T) {
	r := start(t, api.Options{})
	for name, length := range map[string]int64{"known length": 33 << 19, "unknown length": -1} {
		body := io.LimitReader(spaces{}, 33<<19)
		request, err := http.NewRequestWithContext(t.Context(), "POST", "http://remora/v1/reports", body)
		if err != nil {
			t.Fatal(err)
		}
		request.ContentLength = length
		answer, err := r.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if _ = answer.Body.Close(); err != nil || answer.StatusCode != 413 || !strings.Contains(string(text), "too_large") {
			t.Errorf("%s: answer %d %s, %v, want 413", name, answer.StatusCode, text, err)
		}
	}
}

// spaces has no end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// A connection may be silent for the idle time, before its first request as well as after one.
func TestIdleConnectionsAreClosed(t *testing.T) {
	for name, first := range map[string]string{"new": "", "used": getAlive, "used on the fast lane": getOwned} {
		t.Run(name, func(t *testing.T) {
			r := start(t, api.Options{Limits: api.Limits{Idle: short, Arrive: short / 10}})
			c := r.dial(t)
			begin := time.Now()
			if first != "" {
				send(t, c, first)
				readAnswer(t, c)
			}
			wantEnd(t, c)
			if took := time.Since(begin); took < short {
				t.Errorf("closed after %v, want at least %v", took, short)
			}
			receive(t, r.core.closed, "end of the connection")
		})
	}
}

func TestAConnectionWithLeasesIsNotIdle(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Idle: short}})
	c := r.dial(t)
	body := `{"service":"owned"}`
	send(t, c, fmt.Sprintf("POST /v1/leases HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	status, answer := readAnswer(t, c)
	if status != 201 {
		t.Fatalf("lease: %d %s", status, answer)
	}
	for range 3 { // each time the idle time passed, the leases were counted
		receive(t, r.core.asked, "look at the leases")
	}
	send(t, c, getAlive)
	if status, _ := readAnswer(t, c); status != 200 {
		t.Errorf("after the idle time the connection got %d, want 200", status)
	}
	_, id, _ := strings.Cut(answer, `"lease":"`)
	id, _, _ = strings.Cut(id, `"`)
	ask(t, r.client, "DELETE", "/v1/leases/"+id, "")
	wantEnd(t, c)
}

// Who has as many connections as are free is told so, and the others are served on.
func TestTheConnectionBeyondTheShare(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Connections: 400, ConnectionsPerUser: 400}})
	conns := make([]net.Conn, 200)
	for i := range conns {
		conns[i] = r.dial(t)
	}
	send(t, conns[199], getAlive) // once it is answered all are admitted, since they come in order
	if status, _ := readAnswer(t, conns[199]); status != 200 {
		t.Errorf("connection 200 got %d, want 200", status)
	}
	beyond := make([]net.Conn, 100) // more than are turned away with patience at a time
	for i := range beyond {
		beyond[i] = r.dial(t)
	}
	for i, c := range beyond {
		if i%2 == 0 {
			_, _ = io.WriteString(c, getAlive) // it may have been turned away by now
		}
		if status, body := readAnswer(t, c); status != 503 || !strings.Contains(body, `"code":"over_limit"`) {
			t.Fatalf("the connection beyond got %d %s, want 503 over_limit", status, body)
		}
	}
	if status, body, _ := ask(t, clientOf(r.adminSocket), "GET", "/healthz", ""); status != 200 {
		t.Errorf("the admin socket got %d %s, want 200", status, body)
	}
	send(t, conns[0], getAlive)
	if status, _ := readAnswer(t, conns[0]); status != 200 {
		t.Errorf("connection 1 got %d, want 200", status)
	}
	_ = conns[0].Close()
	receive(t, r.core.closed, "end of a connection")
	if status, body, _ := ask(t, r.client, "GET", "/healthz", ""); status != 200 {
		t.Errorf("in the place of one that left: %d %s, want 200", status, body)
	}
}

// A client that asks for much and reads nothing is cut off, and its answer's memory freed.
func TestAClientThatDoesNotRead(t *testing.T) {
	observed := make(chan int, 10)
	r := start(t, api.Options{
		Limits:  api.Limits{Write: short},
		Observe: func(_, _ string, status int, _ time.Duration) { observed <- status },
	})
	registerMany(t, r, "large", 5000)
	receive(t, observed, "observation of the registration")
	for _, path := range []string{"/v1/services/large", "/v1/watch"} {
		c := r.dial(t)
		send(t, c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		receive(t, observed, "end of the request "+path)
		receive(t, r.core.closed, "end of the connection")
	}
}

func registerMany(t *testing.T, r *running, service string, n int) {
	t.Helper()
	backends := make([]string, n)
	for i := range backends {
		backends[i] = fmt.Sprintf(`"10.0.%d.%d:80"`, i/256, i%256)
	}
	status, body, _ := ask(t, r.client, "PUT", "/v1/services/"+service, `{"backends":[`+strings.Join(backends, ",")+`]}`)
	if status != 201 {
		t.Fatalf("register: %d %s", status, body)
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Idle: short}})
	c := r.dial(t)
	send(t, c, getAlive+"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\nPOST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"+
		"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	in := bufio.NewReader(c)
	for _, want := range []int{200, 200, 204, 200} {
		readFrom(t, in, want, "")
	}
}

// Nothing is kept for a user once all is answered, well or not.
func TestNothingIsKeptOfWhatWasAnswered(t *testing.T) {
	observed := make(chan int, 100)
	r := start(t, api.Options{Observe: func(_, _ string, status int, _ time.Duration) { observed <- status }})
	large := "[" + strings.Repeat(" ", 500_000) + "]"
	for _, request := range []struct{ do, body string }{
		{"GET /v1/services", ""},
		{"GET /v1/select/nobody", ""},
		{"GET /v1/select/owned?key=a&key=b", ""},
		{"GET /v1/select/panics", ""},
		{"GET /v1/select/broken", ""},
		{"GET /v1/services/owned/history", ""},
		{"POST /v1/reports", large},
		{"POST /v1/reports", large + "x"},
		{"POST /v1/reports", large + large + large},
		{"PUT /v1/services/owned/backends/10.0.0.1:80/admin", "{}"},
		{"GET /metrics", ""},
		{"GET /v1/nothing", ""},
	} {
		method, path, _ := strings.Cut(request.do, " ")
		status, _, _ := ask(t, r.client, method, path, request.body)
		receive(t, observed, "observation")
		if n := r.Busy(); n != 0 {
			t.Errorf("after %s, which got %d, there are %d users at work", request.do, status, n)
		}
	}
}
