package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// alive is the work that the watchdog stands on, and gives the status that a supervisor shows. It goes
// where a select goes, without being one: selects are counted, keep services watched and fail where a
// service has no backend, and none of that may come from the agent itself. No catalog need be up.
func (a *Agent) alive(ctx context.Context) (status string, err error) {
	select {
	case a.pulse <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the balancer's tick: %w", context.Cause(ctx))
	}
	status = a.status() // through the locks of the groups and of the catalog
	return status, a.askItself(ctx)
}

// askItself asks for the state of the agent on a new connection to its own socket. Any answer will do, be
// it that there are too many connections: an agent that turns clients away works. One that has no
// descriptor left, or whose queue is full, is short of something, and better off when it is left alone.
func (a *Agent) askItself(ctx context.Context) error {
	path := a.config.Load().API.Socket
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://remora/v1/agent", nil)
	if err != nil {
		return fmt.Errorf("ask over the agent's own socket: %w", err)
	}
	answer, err := transport.RoundTrip(request)
	if isShortage(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask over the agent's own socket: %w", errors.Join(err, context.Cause(ctx)))
	}
	return answer.Body.Close()
}

func isShortage(err error) bool {
	for _, shortage := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
}

// status is how the agent is doing, in a line.
func (a *Agent) status() string {
	parts := []string{fmt.Sprintf("serving %d services", len(a.groups.Names()))}
	if waiting := len(a.groups.waiting()); waiting > 0 {
		parts[0] += fmt.Sprintf(", %d more without data", waiting)
	}
	for _, p := range a.catalog.Status() {
		if p.Stale {
			parts = append(parts, fmt.Sprintf("%s %q is stale", p.Type, p.Name))
		}
	}
	return strings.Join(parts, "; ")
}
