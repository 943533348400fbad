package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBackendsAnswer(t *testing.T) {
	d, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()

	addresses := d.Addresses()
	if len(addresses) != 3 {
		t.Fatalf("Addresses() = %v, want three", addresses)
	}
	for i, address := range addresses {
		hello := fmt.Sprintf("hello from backend %s (%s)\n", names[i], address)
		checkGet(t, "http://"+address+"/", http.StatusOK, hello)
		checkGet(t, "http://"+address+"/health", http.StatusOK, "ok\n")
		checkGet(t, "http://"+address+"/other", http.StatusNotFound, "404 page not found\n")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
	checkGone(t, addresses)
}

// TestClose covers who closes with and without Run.
func TestClose(t *testing.T) {
	for _, running := range []bool{false, true} {
		d, err := Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		if running {
			go func() { done <- d.Run(t.Context()) }()
			checkGet(t, "http://"+d.Addresses()[0]+"/health", http.StatusOK, "ok\n")
		}
		if err := d.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		checkGone(t, d.Addresses())
		if running {
			if err := <-done; err != nil {
				t.Errorf("Run = %v", err)
			}
		}
	}
}

func checkGet(t *testing.T, url string, status int, want string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status || !bytes.Equal(body, []byte(want)) {
		t.Errorf("GET %s: %s, %q, %v; want %d, %q", url, answer.Status, body, err, status, want)
	}
}

// checkGone fails unless nobody listens on the addresses any more.
func checkGone(t *testing.T, addresses []string) {
	t.Helper()
	for _, address := range addresses {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			t.Errorf("%s still answers", address)
		}
	}
}
