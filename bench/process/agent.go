package process

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
)

// Agent is an agent's process and a client of its socket.
type Agent struct {
	*Process
	http *http.Client
}

// StartAgent starts an agent whose socket and configuration lie in a folder. Settings are what the
// configuration holds besides the socket; command is what is to be run with the path of the configuration
// behind it.
func StartAgent(ctx context.Context, folder, settings string, command ...string) (*Agent, error) {
	socket := filepath.Join(folder, "agent.sock")
	path := filepath.Join(folder, "agent.hcl")
	text := fmt.Sprintf("log_level = \"warn\"\napi {\n  socket = %q\n}\n%s", socket, settings)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p, err := Start(ctx, "the agent", command[0], append(command[1:], path)...)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: time.Minute}
	return &Agent{p, client}, nil
}

// Get asks the agent and hands the answer's body to read, if any. Any status but 200 is an error.
func (a *Agent) Get(ctx context.Context, path string, read func(io.Reader) error) error {
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

// Metrics reads the agent's figures, summed up over their labels.
func (a *Agent) Metrics(ctx context.Context) (figures map[string]float64, err error) {
	figures = make(map[string]float64)
	err = a.Get(ctx, "/metrics", func(body io.Reader) error {
		lines := bufio.NewScanner(body)
		for lines.Scan() {
			if name, figure, ok := readSample(lines.Text()); ok {
				figures[name] += figure
			}
		}
		return lines.Err()
	})
	return figures, err
}

// readSample reads a line of the Prometheus text format, such as name{label="text"} 1.5.
func readSample(line string) (name string, figure float64, ok bool) {
	if strings.HasPrefix(line, "#") {
		return "", 0, false
	}
	end := strings.LastIndexByte(line, ' ')
	if end < 0 {
		return "", 0, false
	}
	figure, err := strconv.ParseFloat(line[end+1:], 64)
	name, _, _ = strings.Cut(line[:end], "{")
	return name, figure, err == nil
}
