package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// childArgument makes this program one of the servers that the agent is held against.
const childArgument = "-child"

// plan is what such a server is to do.
type plan struct {
	Kind    string // echo or net/http
	Socket  string
	Answers []exchange
}

// exchange is a request and its answer. Requests differ in their first byte, so that the echo server
// need not understand them to know how long they are.
type exchange struct{ Request, Answer string }

// child starts a server of that kind.
func (b *bench) child(name, kind string, script script, answers ...exchange) (*server, error) {
	p := plan{Kind: kind, Socket: filepath.Join(b.folder, name), Answers: answers}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return b.process(name, p.Socket, script, self, childArgument, string(text))
}

// process starts a server's process and waits until it answers on its socket.
func (b *bench) process(name, socket string, script script, command string, args ...string) (*server, error) {
	cmd := exec.CommandContext(b, command, args...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	b.stops = append(b.stops, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.Remove(socket)
	})
	if err := waitFor(b, socket); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &server{name: name, socket: socket, pid: cmd.Process.Pid, script: script}, nil
}

// startTime is how long a server may take until it listens.
const startTime = time.Minute

func waitFor(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("unix", socket)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// serveChild is such a server.
func serveChild(text string) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	l, err := net.Listen("unix", p.Socket)
	if err != nil {
		return err
	}
	if p.Kind != "echo" {
		return http.Serve(l, p)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go p.echo(c)
	}
}

// echo reads requests by their length and writes their answers.
func (p plan) echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 64<<10)
	for n := 0; ; {
		more, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += more
		for _, e := range p.Answers {
			if e.Request[0] == buf[0] && n == len(e.Request) {
				if _, err := io.WriteString(c, e.Answer); err != nil {
					return
				}
				n = 0
				break
			}
		}
	}
}

// ServeHTTP implements http.Handler: it answers with the same body and fields as the agent.
func (p plan) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	_, body, _ := strings.Cut(p.Answers[0].Answer, "\r\n\r\n")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = io.WriteString(w, body)
}

var errNoPeer = errors.New("not installed")
