package health

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// The bounds of an HTTP answer.
const (
	maxAnswerBytes = 128 << 10 // headers and framing included
	maxInterim     = 5         // answers of status 1xx before the one that counts
)

// http sends one request on a connection of its own and reads the answer. It does by hand what
// http.Client would do with two goroutines and a pool, because a probe wants none of what that
// offers: no redirects, no cookies, no proxy, no connection to keep.
func (p *prober) http(ctx context.Context, address string, check Check) error {
	expected, err := parseStatus(check.ExpectedStatus)
	if err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	req, err := newRequest(address, check)
	if err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	var config *tls.Config
	if check.TLS {
		if config, err = p.tlsConfig(address, check, "http/1.1"); err != nil {
			return err
		}
	}
	conn, err := p.dial(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close() // below TLS: the reset is all the goodbye there is
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	status, err := exchange(ctx, conn, config, req)
	if err != nil {
		return err
	}
	if !expected.contains(status) {
		return fmt.Errorf("status %d, want %s", status, check.ExpectedStatus)
	}
	return nil
}

func newRequest(address string, check Check) (*http.Request, error) {
	target, err := parsePath(check.Path)
	if err != nil {
		return nil, err
	}
	target.Host = address
	return &http.Request{
		Method: check.Method,
		URL:    target,
		Host:   check.Host,
		Header: http.Header{"User-Agent": {userAgent}, "Accept": {"*/*"}},
		Close:  true,
	}, nil
}

// exchange sends the request, over TLS unless config is nil, and returns the status of the answer.
func exchange(ctx context.Context, conn net.Conn, config *tls.Config, req *http.Request) (status int, err error) {
	if config != nil {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return 0, err
		}
		conn = secured
	}
	if err := req.Write(conn); err != nil {
		return 0, fmt.Errorf("send request: %w", err)
	}
	return readAnswer(conn, req)
}

// readAnswer returns the status once the answer is there whole, or as much of its body as counts. A
// server that breaks off in the middle does not pass, whatever status it began with.
func readAnswer(conn net.Conn, req *http.Request) (status int, err error) {
	reader := bufio.NewReader(io.LimitReader(conn, maxAnswerBytes))
	for range maxInterim + 1 {
		answer, err := http.ReadResponse(reader, req)
		if err != nil {
			return 0, fmt.Errorf("read answer: %w", err)
		}
		if answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer.StatusCode, readBody(answer.Body)
		}
	}
	return 0, fmt.Errorf("read answer: more than %d interim ones came first", maxInterim)
}

func readBody(body io.Reader) error {
	if _, err := io.CopyN(io.Discard, body, maxBodyBytes); err != nil && err != io.EOF {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}
