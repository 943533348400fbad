package agent

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// poison is what no client in its right mind sends, and the status of the answer; 0: none, only the end.
type poison struct {
	name   string
	bytes  string
	status int
}

func with(head, rest string) string { return head + " HTTP/1.1\r\nHost: x\r\n" + rest }

const (
	selectWeb = "GET /v1/select/web"
	aLease    = `{"service":"web"}`
	inChunks  = "11\r\n" + aLease + "\r\n0\r\n\r\n"
)

// poisons are requests at and beyond the edge of HTTP and JSON. Where net/http and encoding/json are
// lenient, their answer is the right one: the fast lane must not have another opinion.
var poisons = []poison{
	{"NUL bytes", strings.Repeat("\x00", 1<<20), 431},
	{"a NUL in a header", with(selectWeb, "A: a\x00b\r\n\r\n"), 400},
	{"a NUL in a path", with("GET /v1/select/a%00b", "\r\n"), 400},
	{"a header of 1 MB", with(selectWeb, "A: "+strings.Repeat("a", 1<<20)+"\r\n\r\n"), 431},
	{"a path of 1 MB", with("GET /v1/select/"+strings.Repeat("a", 1<<20), "\r\n"), 431},
	{"10,000 headers", with(selectWeb, strings.Repeat("A: b\r\n", 10_000)+"\r\n"), 431},
	{"arrays 100,000 deep", posting("/v1/select", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)), 400},
	{"objects 100,000 deep", posting("/v1/select", `{"picks":`+strings.Repeat(`{"a":`, 100_000)), 400},
	{"arrays that do not end", posting("/v1/leases", strings.Repeat("[", 1<<20)), 400},
	{"bad UTF-8 in a body", posting("/v1/leases", "{\"service\":\"\xff\xfe\"}"), 400},
	{"bad UTF-8 in a path", with("GET /v1/select/%ff", "\r\n"), 400},
	{"half a surrogate", posting("/v1/leases", `{"service":"\ud800"}`), 404},
	{"a key twice", posting("/v1/leases", `{"service":"nobody","service":"web"}`), 201},
	{"a parameter twice", with(selectWeb+"?key=a&key=b", "\r\n"), 400},
	{"a huge number", posting("/v1/reports", `{"service":"web","address":"10.0.0.1:80","success":true,"latency_ms":1e999}`), 400},
	{"a number of 1 MB", posting("/v1/reports", `{"latency_ms":`+strings.Repeat("1", 1<<19)+`}`), 400},
	{"a huge count", with(selectWeb+"?count=99999999999999999999", "\r\n"), 400},
	{"a body too large", posting("/v1/leases", strings.Repeat(" ", 1<<20+1)), 413},
	{"a length without end", with("POST /v1/leases", "Content-Length: 99999999999999999999\r\n\r\n"), 400},
	{"a negative length", with("POST /v1/leases", "Content-Length: -1\r\n\r\n"), 400},
	{"a length with a sign", with("POST /v1/leases", "Content-Length: +17\r\n\r\n"+aLease), 400},
	{"two lengths", with("POST /v1/leases", "Content-Length: 17\r\nContent-Length: 3\r\n\r\n"+aLease), 400},
	{"length and chunks", with("POST /v1/leases", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"+inChunks), 201},
	{"two codings", with("POST /v1/leases", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"+inChunks), 501},
	{"a coding nobody knows", with("POST /v1/leases", "Transfer-Encoding: xchunked\r\n\r\n"+inChunks), 501},
	{"a chunk of no number", with("POST /v1/leases", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400},
	{"a chunk without end", with("POST /v1/leases", "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), 400},
	{"a chunk extension", with("POST /v1/leases", "Transfer-Encoding: chunked\r\n\r\n11;a=b\r\n"+aLease+"\r\n0\r\n\r\n"), 201},
	{"a chunk extension of 1 MB", with("POST /v1/leases", "Transfer-Encoding: chunked\r\n\r\n11;a="+strings.Repeat("b", 1<<20)+"\r\n"), 400},
	{"a folded line", with(selectWeb, "A: b\r\n c\r\n\r\n"), 200},
	{"lines that end in LF", "GET /v1/select/web HTTP/1.1\nHost: x\n\n", 200},
	{"lines that end in CR", "GET /v1/select/web HTTP/1.1\rHost: x\r\r", 400},
	{"a space before the colon", with(selectWeb, "A : b\r\n\r\n"), 400},
	{"a space in a name", with(selectWeb, "A b: c\r\n\r\n"), 400},
	{"a header without a name", with(selectWeb, ": b\r\n\r\n"), 400},
	{"a whole URL", with("GET http://elsewhere/v1/select/web", "\r\n"), 200},
	{"two hosts", with(selectWeb, "Host: y\r\n\r\n"), 400},
	{"no host", "GET /v1/select/web HTTP/1.1\r\n\r\n", 400},
	{"another version", "GET /v1/select/web HTTP/3.0\r\nHost: x\r\n\r\n", 505},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x01", 500) + "\r\n\r\n", 400},
	{"CONNECT", with("CONNECT elsewhere:80", "\r\n"), 404},
	{"an expectation nobody knows", with(selectWeb, "Expect: a miracle\r\n\r\n"), 417},
	{"dots in a path", with("GET /v1/select/../../v1/agent", "\r\n"), 404},
	{"a web page's request", with(selectWeb, "Origin: http://evil\r\n\r\n"), 403},
}

func poisonFaults() []fault {
	return []fault{{number: 36, name: "poisoned requests", play: poisoned}}
}

// poisoned sends every poison again and again, over several connections at a time.
func poisoned(t *trial) {
	r := t.hostileHost()
	load := t.load(r)
	load.expect("web", webBackends...)
	load.await(r)
	t.began()
	until := time.Now().Add(t.length(time.Second, 20*time.Second))
	var sending sync.WaitGroup
	for worker := range 8 {
		sending.Go(func() {
			for round := 0; round == 0 || time.Now().Before(until); round++ {
				for i := range poisons {
					p := poisons[(i+worker*5)%len(poisons)]
					if got := p.send(r.socket); got != p.status {
						t.Errorf("%s: the answer is %d, want %d", p.name, got, p.status)
						return
					}
				}
			}
		})
	}
	sending.Wait()
	t.ready()
	_, err := r.Select(r.ctx(), "web")
	r.check(err)
	t.converged()
	t.note("%d kinds", len(poisons))
}

// send sends a poison over a connection of its own and gives the status of the first answer; 0 when there
// is none.
func (p poison) send(socket string) int {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return -1
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(guard))
	go func() {
		_, _ = io.WriteString(c, p.bytes) // the agent may have hung up by then
		_ = c.(*net.UnixConn).CloseWrite()
	}()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}
