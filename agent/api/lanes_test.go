package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/agent/api"
)

// lanes are two servers that differ only in that one has no fast lane, and what each was seen to answer.
type lanes struct {
	fast, slow         *running
	seenFast, seenSlow seen
}

type seen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *seen) observe(route, method string, status int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(&s.text, method, route, status)
	if took < 0 {
		fmt.Fprintln(&s.text, "took", took)
	}
}

// take gives what was seen since the last time.
func (s *seen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.text.Reset()
	return s.text.String()
}

func startLanes(t testing.TB, limits api.Limits) *lanes {
	l := &lanes{}
	l.fast = start(t, api.Options{Observe: l.seenFast.observe, Limits: limits})
	l.slow = startWith(t, api.Options{Observe: l.seenSlow.observe, Limits: limits}, withoutLane)
	for _, r := range []*running{l.fast, l.slow} {
		r.core.set(func(m *memory) { m.still = true })
		ask(t, r.client, "PUT", "/v1/services/web",
			`{"backends":["10.0.0.1:80",{"address":"[::1]:81","id":"<é\u2028\"","weight":3},"10.0.0.3:80"]}`)
	}
	l.seenFast.take()
	l.seenSlow.take()
	return l
}

// reporter is a test, whoever runs it.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// dates hides what differs from one second to the next.
var dates = regexp.MustCompile(`Date: [^\r]*`)

// same sends the parts to both servers and wants the same bytes back, up to the end of the connection.
func (l *lanes) same(t reporter, parts ...[]byte) {
	t.Helper()
	fast, slow := l.fast.converse(t, parts), l.slow.converse(t, parts)
	if !bytes.Equal(fast, slow) {
		t.Errorf("to %q\nthe fast lane answers\n%q\nand net/http alone\n%q", parts, fast, slow)
	}
	if fast, slow := l.seenFast.take(), l.seenSlow.take(); fast != slow {
		t.Errorf("to %q\nwith the fast lane was observed\n%s\nand without\n%s", parts, fast, slow)
	}
}

// converse sends the parts and gives all that comes back.
func (r *running) converse(t reporter, parts [][]byte) []byte {
	t.Helper()
	c, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(hang)); err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, part := range parts {
			_, _ = c.Write(part) // the server may have hung up after what came before
		}
		_ = c.(*net.UnixConn).CloseWrite()
	}()
	answer, err := io.ReadAll(c)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Fatalf("no end of the connection after %q", parts)
	}
	receive(t, r.core.closed, "end of the connection")
	return dates.ReplaceAll(answer, []byte("Date: X"))
}

// drain makes room for what a server's core tells.
func (r *running) drain() {
	for len(r.core.closed) > 0 {
		<-r.core.closed
	}
}

const host = " HTTP/1.1\r\nHost: x\r\n"

func withBody(do, body string) string {
	return fmt.Sprintf("%s%sContent-Length: %d\r\n\r\n%s", do, host, len(body), body)
}

// requests are what the two ways are held against each other with, and what fuzzing begins from.
var requests = []string{
	"GET /v1/select/web" + host + "\r\n",
	"GET /v1/select/web" + host + "User-Agent: curl/8\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n",
	"GET /v1/select/web" + host + "Accept: text/plain\r\n\r\n",
	"GET /v1/select/web" + host + "Accept: text/plain;q=0.5, application/json\r\n\r\n",
	"GET /v1/select/web" + host + "Accept: text/plain\r\nAccept: application/json\r\n\r\n",
	"GET /v1/select/web?format=text" + host + "\r\n",
	"GET /v1/select/web?format=json&key=u%401+x&exclude=10.0.0.1%3A80&exclude=[::1]:81" + host + "\r\n",
	"GET /v1/select/web?exclude=10.0.0.1:80&exclude=[::1]:81&exclude=10.0.0.3:80" + host + "\r\n",
	"GET /v1/select/web?exclude=010.0.0.1:80" + host + "\r\n",
	"GET /v1/select/web?exclude=[0::1]:81" + host + "\r\n",
	"GET /v1/select/web?exclude=[::ffff:10.0.0.1]:80" + host + "\r\n",
	"GET /v1/select/web?key=a&key=b" + host + "\r\n",
	"GET /v1/select/web?key=%zz" + host + "\r\n",
	"GET /v1/select/web?a;b" + host + "\r\n",
	"GET /v1/select/web?" + host + "\r\n",
	"GET /v1/select/web?&&key=&" + host + "\r\n",
	"GET /v1/select/web?count=2" + host + "\r\n",
	"GET /v1/select/w%65b" + host + "\r\n",
	"GET /v1/select/w+b" + host + "\r\n",
	"GET /v1/select/a%2Fb" + host + "\r\n",
	"GET /v1/select/%00" + host + "\r\n",
	"GET /v1/select/web/" + host + "\r\n",
	"GET /v1/select/" + host + "\r\n",
	"GET /v1/select/nobody" + host + "\r\n",
	"GET /v1/select/keyed" + host + "\r\n",
	"GET /v1/select/panics" + host + "\r\n",
	"GET /v1/select/broken" + host + "\r\n",
	"GET /v1/select/web" + host + "Origin: http://evil\r\n\r\n",
	"GET /v1/select/web" + host + "X-Request-Id: 7\r\n\r\n",
	"GET /v1/select/web" + host + "Content-Length: 0\r\n\r\n",
	"GET /v1/select/web" + host + "Content-Length: 5\r\n\r\nhello",
	"GET /v1/select/web" + host + "Connection: close\r\n\r\n",
	"GET /v1/select/web" + host + "Host: y\r\n\r\n",
	"GET /v1/select/web HTTP/1.1\r\n\r\n",
	"GET /v1/select/web HTTP/1.0\r\n\r\n",
	"GET /v1/select/web HTTP/1.1\nHost: x\n\n",
	"GET /v1/select/web HTTP/1.1\r\nHost : x\r\n\r\n",
	"GET /v1/select/web HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
	"GET http://x/v1/select/web" + host + "\r\n",
	"HEAD /v1/select/web" + host + "\r\n",
	"OPTIONS *" + host + "\r\n",
	"\r\nGET /v1/select/web" + host + "\r\n",
	"hello\r\n",
	"GET /v1/sel",
	"GET",
	"G",
	"GET /v1/select/web" + host,
	withBody("POST /v1/select", `{"picks":[{"service":"web"},{"service":"web","key":"u1","exclude":["10.0.0.1:80"]}]}`),
	withBody("POST /v1/select", ` { "picks" : [ {"service":"web"} , {"exclude":[],"service":"web"} ] } `),
	withBody("POST /v1/select", `{"picks":[{"service":"web"},{"service":"nobody"}]}`),
	withBody("POST /v1/select", `{"picks":[{"service":"web"},]}`),
	withBody("POST /v1/select", `{"picks":[]}`),
	withBody("POST /v1/select?x=%zz", `{"picks":[{"service":"web"}]}`),
	withBody("POST /v1/leases", `{"service":"web"}`),
	withBody("POST /v1/leases", `{"service":"web","key":"","exclude":[],"bind":"connection","ttl":"30s"}`),
	withBody("POST /v1/leases", `{"service":"web","bind":"ttl","ttl":"90s"}`),
	withBody("POST /v1/leases", `{"service":"web","bind":"ttl","ttl":"90d"}`),
	withBody("POST /v1/leases", `{"service":"web","service":"nobody"}`),
	withBody("POST /v1/leases", `{"SERVICE":"web","more":1}`),
	withBody("POST /v1/leases", `{"service":"web"}{}`),
	withBody("POST /v1/leases", `{"service":"w\u0065b"}`),
	withBody("POST /v1/leases", `{"service":"full"}`),
	"POST /v1/leases" + host + "Transfer-Encoding: chunked\r\n\r\n11\r\n{\"service\":\"web\"}\r\n0\r\n\r\n",
	"POST /v1/leases" + host + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n11\r\n{\"service\":\"web\"}\r\n0\r\n\r\n",
	"POST /v1/leases" + host + "Content-Length: 17\r\nContent-Length: 18\r\n\r\n{\"service\":\"web\"} ",
	"POST /v1/leases" + host + "Content-Length: +17\r\n\r\n{\"service\":\"web\"}",
	"POST /v1/leases" + host + "Content-Length: 17\r\nExpect: 100-continue\r\n\r\n{\"service\":\"web\"}",
	"POST /v1/leases" + host + "\r\n",
	"POST /v1/leases" + host + "Content-Length: 17\r\n\r\n{\"service\":",
	"DELETE /v1/leases/lease-3" + host + "\r\n",
	"DELETE /v1/leases/lease-3?success=true&latency_ms=12.5" + host + "\r\n",
	"DELETE /v1/leases/lease-3?success=yes" + host + "\r\n",
	"DELETE /v1/leases/lease-3?latency_ms=1e3" + host + "\r\n",
	withBody("DELETE /v1/leases/lease-3", `{"success":true,"latency_ms":12.5}`),
	withBody("DELETE /v1/leases/lease-3", `{"success":null,"latency_ms":-1}`),
	withBody("DELETE /v1/leases/lease-3?success=false", `{"success":true}`),
	withBody("DELETE /v1/leases/lease-3", ` `),
	"PUT /v1/leases/lease-3" + host + "\r\n",
	"GET /v1/services" + host + "\r\n",
	withBody("POST /v1/reports", `{"service":"web","address":"10.0.0.1:80","success":true}`),
}

func TestBothLanesGiveTheSameBytes(t *testing.T) {
	l := startLanes(t, api.Limits{})
	for _, r := range requests {
		next := "GET /v1/select/web" + host + "\r\n"
		l.same(t, []byte(r))
		l.same(t, []byte(r+r+next+r))
		l.same(t, []byte(next+r+next))
		l.same(t, []byte(r[:len(r)/2]), []byte(r[len(r)/2:]+next))
	}
	if l.fast.core.fast.Load() == 0 || l.slow.core.fast.Load() != 0 {
		t.Errorf("%d and %d selections took the fast lane, want some and none", l.fast.core.fast.Load(), l.slow.core.fast.Load())
	}
}

// The limits are those that are set, also where the lane's own are wider.
func TestBothLanesHaveTheSameLimits(t *testing.T) {
	l := startLanes(t, api.Limits{BodyBytes: 100, HeaderBytes: 1})
	for _, n := range []int{17, 99, 100, 101} {
		l.same(t, []byte(withBody("POST /v1/leases", `{"service":"web"}`+strings.Repeat(" ", n-17))))
	}
	for _, n := range []int{10, 4000, 4040, 4200} {
		l.same(t, []byte("GET /v1/select/web"+host+"User-Agent: "+strings.Repeat("a", n)+"\r\n\r\n"))
	}
}

// TestBothLanesByteByByte sends requests in the smallest parts there are.
func TestBothLanesByteByByte(t *testing.T) {
	l := startLanes(t, api.Limits{})
	for _, r := range requests {
		l.same(t, bytes.SplitAfter([]byte(r+requests[0]), nil)...)
	}
}

// FuzzLanes is TestBothLanesGiveTheSameBytes with requests that nobody thought of.
func FuzzLanes(f *testing.F) {
	for i, r := range requests {
		f.Add([]byte(r), uint16(i))
		f.Add([]byte(r+requests[(i*7+3)%len(requests)]+requests[0]), uint16(5*i))
	}
	l := startLanes(f, api.Limits{})
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		for _, endless := range []string{"watch", "index", "blocks"} {
			if bytes.Contains(stream, []byte(endless)) {
				return
			}
		}
		at := min(int(cut), len(stream))
		l.same(t, stream[:at], stream[at:])
		l.fast.drain()
		l.slow.drain()
	})
}

// parts are what requests are put together from: for each place what may stand there.
var parts = [][]string{
	{"GET", "POST", "DELETE", "HEAD", "PUT", "get"},
	{" ", " ", " ", "  ", "\t"},
	{"/v1/select/", "/v1/select", "/v1/leases", "/v1/leases/", "/v1/services/"},
	{"web", "web", "nobody", "w%65b", "we b", "lease-3", "", "..", "%"},
	{"", "?", "?key=u1", "?key=%40&format=text", "?exclude=10.0.0.1:80&exclude=10.0.0.3%3A80", "?exclude=x", "?success=true", "?;", "#a"},
	{" HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "\r\n", " HTTP/1.1\n"},
	{"Host: x\r\n", "Host: x\r\n", "host:x:80\r\n", "", "Host: x\r\nHost: x\r\n", "Host: a b\r\n"},
	{"", "", "Accept: text/plain\r\n", "ACCEPT: */*\r\n", "Accept: text/html\r\n", "Origin: null\r\n", "A:\r\n", "A : b\r\n", " a\r\n"},
	{"", "", "Connection: keep-alive\r\n", "Connection: close\r\n", "User-Agent: \x01\r\n", "Accept-Encoding: gzip, br\r\n", "Expect: 100-continue\r\n"},
	{"", "Content-Length: 17\r\n", "Content-Length: 017\r\n", "Content-Length: 0\r\n", "content-length:17\r\n", "Content-Length: 17 \r\n", "Content-Length: 17\r\nContent-Length: 17\r\n", "Transfer-Encoding: chunked\r\n"},
	{"\r\n", "\r\n", "\n", "\r"},
	{"", `{"service":"web"}`, `{"service": "a"} `, `{"success":true} `, "0\r\n\r\n", "11\r\n{\"service\":\"web\"}\r\n0\r\n\r\n"},
}

// TestBothLanesOnCombinations is TestBothLanesGiveTheSameBytes with requests whose parts are drawn.
func TestBothLanesOnCombinations(t *testing.T) {
	l := startLanes(t, api.Limits{})
	rapid.Check(t, func(t *rapid.T) {
		var stream strings.Builder
		for range rapid.IntRange(1, 4).Draw(t, "requests") {
			for _, alternatives := range parts {
				// Mostly the first, so that requests with one oddity are as many as those with several.
				at := rapid.IntRange(-3*len(alternatives), len(alternatives)-1).Draw(t, "part")
				stream.WriteString(alternatives[max(at, 0)])
			}
		}
		text := []byte(stream.String())
		at := rapid.IntRange(0, len(text)).Draw(t, "cut")
		l.same(t, text[:at], text[at:])
		l.fast.drain()
		l.slow.drain()
	})
}
