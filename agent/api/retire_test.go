package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/api"
)

// TestNothingSentIsLostWhenServersTakeTurns has servers come and go on a socket that stays, as it does
// under socket activation. Whatever could be sent is answered, on new connections and old ones, by the
// fast lane and by net/http; and a new connection can always be sent to.
func TestNothingSentIsLostWhenServersTakeTurns(t *testing.T) {
	stays := keepListening(t)
	answered, fault := make(chan struct{}, 64), make(chan error, 1)
	var stop atomic.Bool
	var clients sync.WaitGroup
	for i := range 8 {
		request := [...]string{getOwned, getAlive, "POST /v1/leases HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"service\":\"owned\"}"}[i%3]
		clients.Go(func() {
			for !stop.Load() {
				if err := askUntilClosed(stays.path, request, &stop, answered); err != nil {
					select {
					case fault <- err:
					default:
					}
					return
				}
			}
		})
	}
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		server := api.New(newMemory().core(), api.Options{})
		l := stays.listener(t)
		go func() { done <- server.Serve(ctx, api.Listener{Listener: l}) }()
		for range 200 {
			select {
			case <-answered:
				continue
			case err := <-fault:
				t.Error(err)
			}
			break
		}
		cancel()
		if err := receive(t, done, "the end of Serve"); err != nil || t.Failed() {
			t.Error(err)
			break
		}
	}
	stop.Store(true)
	_ = stays.file.Close()
	clients.Wait()
}

// askUntilClosed sends the request over and over on one connection, until the server ends it. The error
// says that something was lost.
func askUntilClosed(path, request string, stop *atomic.Bool, answered chan<- struct{}) error {
	c, err := net.Dial("unix", path)
	if err != nil {
		if stop.Load() {
			return nil
		}
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(hang))
	in := bufio.NewReader(c)
	for first := true; !stop.Load(); first = false {
		n, err := io.WriteString(c, request)
		if err != nil && n == 0 && !first && errors.Is(err, syscall.EPIPE) {
			return nil // sent to nobody, and the client knows
		}
		if err != nil {
			return err
		}
		answer, err := http.ReadResponse(in, nil)
		if stop.Load() {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode >= 300 {
			return errors.Join(err, errors.New(answer.Status))
		}
		select {
		case answered <- struct{}{}:
		default: // there are more than anybody waits for
		}
		if answer.Close {
			return nil
		}
	}
	return nil
}

// TestTheLastAnswerSaysSo: a client that has not asked yet when the shutdown begins is answered, and told
// not to come back.
func TestTheLastAnswerSaysSo(t *testing.T) {
	for name, request := range map[string]string{"fast lane": getOwned, "net/http": getAlive} {
		t.Run(name, func(t *testing.T) {
			r := start(t, api.Options{Limits: api.Limits{Arrive: hang}})
			c := r.dial(t)
			idle := r.dial(t) // after c, and so it is accepted after c
			send(t, idle, request)
			readAnswer(t, idle)
			r.stop()
			for gone := false; !gone; { // the socket is closed when all connections know of the shutdown
				probe, err := net.Dial("unix", r.socket)
				if gone = err != nil; !gone {
					_ = probe.Close()
				}
			}
			wantEnd(t, idle)
			if n, err := io.WriteString(idle, request); n > 0 || !errors.Is(err, syscall.EPIPE) {
				t.Errorf("sending on the connection that was ended: %d bytes, %v, want none and EPIPE", n, err)
			}
			send(t, c, request)
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusOK || !answer.Close {
				t.Errorf("got %s, last: %v; want 200 and that it is the last", answer.Status, answer.Close)
			}
		})
	}
}

// keptSocket is a listening socket that outlives those who serve it.
type keptSocket struct {
	path string
	file *os.File
}

func keepListening(t *testing.T) keptSocket {
	t.Helper()
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l := listen(t, path).(*net.UnixListener)
	l.SetUnlinkOnClose(false)
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	t.Cleanup(func() { _ = file.Close() })
	return keptSocket{path, file}
}

func (k keptSocket) listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.FileListener(k.file)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
