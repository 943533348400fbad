package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Succeeded is the outcome of a use that went well and took latency; 0 leaves the latency out.
func Succeeded(latency time.Duration) wire.Outcome { return outcome(true, latency) }

// Failed is the outcome of a use that the backend is to blame for, after latency; 0 leaves it out.
func Failed(latency time.Duration) wire.Outcome { return outcome(false, latency) }

func outcome(success bool, latency time.Duration) wire.Outcome {
	o := wire.Outcome{Success: &success}
	if latency > 0 {
		ms := float64(latency) / float64(time.Millisecond)
		o.LatencyMS = &ms
	}
	return o
}

// Report tells the agent how uses of backends went that had no lease.
func (c *Client) Report(ctx context.Context, reports ...wire.Report) error {
	if len(reports) == 0 {
		return nil
	}
	return c.do(ctx, exchange{
		doing:  fmt.Sprintf("report on service %q", reports[0].Service),
		method: http.MethodPost, path: "/v1/reports",
		body: reports,
	})
}

// nothing is the outcome that tells nothing.
var nothing wire.Outcome

// blame is the outcome of a use that failed: the backend's fault, unless the caller gave up by himself.
func blame(ctx context.Context, latency time.Duration) wire.Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nothing
	}
	return Failed(latency)
}
