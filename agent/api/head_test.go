package api_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/remora-agent/remora/agent/api"
)

func TestHeads(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: x\r\n"
	for request, want := range map[string]string{
		"":              "partial",
		"GET /":         "partial",
		get:             "partial",
		get + "\r":      "partial",
		get + "\r\n":    "plain",
		get + "\r\nGET": "plain",
		get + "user-agent:x y\r\nACCEPT: */*\r\n\r\n":          "plain",
		get + "Connection: Keep-Alive\r\n\r\n":                 "plain",
		get + "Content-Length: 12\r\n\r\n":                     "plain",
		get + "Accept: text/html\r\n\r\n":                      "framed",
		get + "Origin: null\r\n\r\n":                           "framed",
		get + "X_Any: thing\r\n\r\n":                           "framed",
		"PUT / HTTP/1.1\r\nHost: [::1]\r\n\r\n":                "framed",
		get + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n": "odd",
		get + "Content-Length: 1, 1\r\n\r\n":                   "odd",
		get + "Content-Length: -1\r\n\r\n":                     "odd",
		get + "Content-Length: 0x1\r\n\r\n":                    "odd",
		get + "Content-Length: 1 \r\n\r\n":                     "odd",
		get + "Content-Length:\r\n\r\n":                        "odd",
		get + "Content-Length: 9999999999\r\n\r\n":             "odd",
		get + "Content-Length : 1\r\n\r\n":                     "odd",
		get + "Transfer-Encoding: chunked\r\n":                 "odd",
		get + "transfer-encoding: identity\r\n":                "odd",
		get + "Expect: 100-continue\r\n":                       "odd",
		get + "Upgrade: h2c\r\n":                               "odd",
		get + "Trailer: a\r\n":                                 "odd",
		get + "Connection: close\r\n":                          "odd",
		get + "Connection: keep-alive, x\r\n":                  "odd",
		get + "Host: x\r\n":                                    "odd",
		get + " folded: x\r\n":                                 "odd",
		get + "no colon\r\n":                                   "odd",
		get + ": no name\r\n":                                  "odd",
		get + "A: \x00\r\n":                                    "odd",
		get + "A: \xff\r\n":                                    "odd",
		get + "A: x\rB: y\r\n":                                 "odd",
		get + "A: x\n":                                         "odd",
		"GET / HTTP/1.1\n":                                     "odd",
		"GET / HTTP/1.1\r\n\r\n":                               "odd",
		"GET / HTTP/1.0\r\n":                                   "odd",
		"GET / HTTP/1.1 \r\n":                                  "odd",
		"GET  / HTTP/1.1\r\n":                                  "odd",
		"GET /a b HTTP/1.1\r\n":                                "odd",
		"GET * HTTP/1.1\r\n":                                   "odd",
		"GET http://x/ HTTP/1.1\r\n":                           "odd",
		"get / HTTP/1.1\r\n":                                   "odd",
		"CONNECT / HTTP/1.1\r\n":                               "odd",
		"PRI * HTTP/2.0\r\n":                                   "odd",
		"\r\n":                                                 "odd",
		"\n":                                                   "odd",
	} {
		if got, _, _ := api.HeadOf(request); got != want {
			t.Errorf("%q is %s, want %s", request, got, want)
		}
	}
}

// FuzzHeads holds what the lane says about where a request ends against the standard library's reader:
// whatever is framed or plain is a request there too, with as long a head and as long a body.
func FuzzHeads(f *testing.F) {
	for _, r := range requests {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, text string) {
		verdict, size, length := api.HeadOf(text)
		if verdict != "framed" && verdict != "plain" {
			return
		}
		in := strings.NewReader(text)
		buffered := bufio.NewReader(in)
		r, err := http.ReadRequest(buffered)
		if err != nil {
			if verdict == "plain" && !strings.Contains(err.Error(), "invalid URL") {
				t.Fatalf("%q is %s here, and there %v", text, verdict, err)
			}
			return // net/http refuses it and closes the connection
		}
		rest := in.Len() + buffered.Buffered()
		if len(text)-rest != size || r.ContentLength != int64(length) || len(r.TransferEncoding) > 0 || r.Close {
			t.Fatalf("%q has a head of %d and a body of %d bytes here, and %d and %d there", text, size, length, len(text)-rest, r.ContentLength)
		}
	})
}
