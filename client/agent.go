package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// Agent says which agent this is and how fresh each of its providers is.
func (c *Client) Agent(ctx context.Context) (wire.AgentInfo, error) {
	var info wire.AgentInfo
	err := c.do(ctx, exchange{
		doing: "read agent", method: http.MethodGet, path: "/v1/agent", out: &info,
	})
	return info, err
}

// Config returns the configuration in force as JSON, with secrets redacted.
func (c *Client) Config(ctx context.Context) (json.RawMessage, error) {
	var config json.RawMessage
	err := c.do(ctx, exchange{
		doing: "read configuration", method: http.MethodGet, path: "/v1/agent/config", out: &config,
	})
	return config, err
}

// Reload makes the agent read its configuration again, whole or not at all. When it is refused, the
// error is a [*wire.Problem] that lists the faults.
func (c *Client) Reload(ctx context.Context) (wire.ReloadResult, error) {
	var result wire.ReloadResult
	err := c.do(ctx, exchange{
		doing: "reload configuration", method: http.MethodPost, path: "/v1/agent/reload", out: &result,
	})
	return result, err
}

// Healthz returns nil when the agent is alive.
func (c *Client) Healthz(ctx context.Context) error {
	return c.do(ctx, exchange{doing: "check agent", method: http.MethodGet, path: "/healthz"})
}

// Ready returns nil when every source has data or a kept snapshot; else the error is a
// [*wire.Problem].
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, exchange{doing: "check readiness", method: http.MethodGet, path: "/readyz"})
}

// Metrics returns the agent's metrics in Prometheus' text format.
func (c *Client) Metrics(ctx context.Context) (string, error) {
	var text string
	err := c.do(ctx, exchange{
		doing: "read metrics", method: http.MethodGet, path: "/metrics", out: &text,
	})
	return text, err
}
