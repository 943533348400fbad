package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/remora-agent/remora/bench/process"
)

// agent is an agent and a client of its socket.
type agent struct {
	*process.Process
	http *http.Client
}

// startAgent starts an agent with a configuration of its own beside the socket.
func (b *bench) startAgent(ctx context.Context, provider string) (*agent, error) {
	socket := filepath.Join(b.folder, "agent.sock")
	path := filepath.Join(b.folder, "agent.hcl")
	text := fmt.Sprintf("log_level = \"warn\"\napi {\n  socket = %q\n}\n%s", socket, provider)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	command, args := b.agent, []string{"agent", "-config", path}
	if b.profile != "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command, args = self, []string{insideArgument, path, b.profile}
	}
	p, err := process.Start(ctx, "the agent", command, args...)
	if err != nil {
		return nil, err
	}
	return &agent{p, overSocket(socket)}, nil
}

func overSocket(path string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: time.Minute}
}

// get asks the agent and hands the answer's body to read, if any.
func (a *agent) get(ctx context.Context, path string, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://remora"+path, nil)
	if err != nil {
		return err
	}
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", path, response.Status)
	}
	if read != nil {
		return read(response.Body)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// awaitReady returns how long it took from the start until every service has data and can be asked for.
func (a *agent) awaitReady(ctx context.Context, services int) (time.Duration, error) {
	err := process.Until(ctx, patience, func(ctx context.Context) error { return a.get(ctx, "/readyz", nil) })
	if err != nil {
		return 0, err
	}
	err = process.Until(ctx, patience, func(ctx context.Context) error {
		return a.get(ctx, "/v1/select/"+serviceName(services-1), nil)
	})
	return time.Since(a.Started), err
}

// metrics reads the figures without labels and, summed up, those with.
func (a *agent) metrics(ctx context.Context) (figures map[string]float64, err error) {
	figures = make(map[string]float64)
	err = a.get(ctx, "/metrics", func(body io.Reader) error {
		lines := bufio.NewScanner(body)
		for lines.Scan() {
			name, figure, ok := strings.Cut(lines.Text(), " ")
			if !ok || name == "#" {
				continue
			}
			if at := strings.IndexByte(lines.Text(), '}'); at >= 0 { // a label may hold spaces
				name, figure = lines.Text()[:at], strings.TrimSpace(lines.Text()[at+1:])
			}
			name, _, _ = strings.Cut(name, "{")
			if value, err := strconv.ParseFloat(figure, 64); err == nil {
				figures[name] += value
			}
		}
		return lines.Err()
	})
	return figures, err
}

// collected has the agent answer long lists until its garbage collector has run, so that what it then
// says of its heap holds no garbage of before, and returns its figures.
func (a *agent) collected(ctx context.Context) (map[string]float64, error) {
	before, err := a.metrics(ctx)
	if err != nil {
		return nil, err
	}
	for {
		for range 10 {
			if err := a.get(ctx, "/v1/services", nil); err != nil {
				return nil, err
			}
		}
		now, err := a.metrics(ctx)
		if err != nil || now[collections] > before[collections]+1 { // one may have been on its way
			return now, err
		}
	}
}

const (
	collections = "go_gc_duration_seconds_count"
	liveHeap    = "go_gc_heap_live_bytes"
	goroutines  = "go_goroutines"
	stacks      = "go_memstats_stack_inuse_bytes"
	updates     = "remora_provider_updates_total"
)
