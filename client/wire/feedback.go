package wire

// Feedback is the body of POST /v1/feedback: what a balancer inside an application did since it last
// told, gathered by backend. What it says of active connections is bound to the connection that it comes
// over: when that ends, however it ends, the agent takes the connections off its counts.
type Feedback struct {
	Services []ServiceFeedback `json:"services"`
}

// ServiceFeedback is the feedback on one service. Without backends it only asks for the load.
type ServiceFeedback struct {
	Service  string            `json:"service"`
	Backends []BackendFeedback `json:"backends,omitempty"`
}

// BackendFeedback is the feedback on one backend.
type BackendFeedback struct {
	Address string `json:"address"`

	// Active is how many connections the application has in use there now. The agent works out the
	// change, so that telling twice does no harm.
	Active int `json:"active"`

	// Outcomes is how uses went, in their order: n stands for n successes in a row, -n for n failures.
	// [12,-1,30] is 42 successes and a failure between them.
	Outcomes []int `json:"outcomes,omitempty"`

	// LatencyMS is the sum of the latencies that were measured, and Latencies says how many there were
	// in each bucket of LatencyBoundsMS; the last bucket is above all bounds. Buckets left out at the end
	// are empty.
	LatencyMS float64 `json:"latency_ms,omitempty"`
	Latencies []int   `json:"latencies,omitempty"`
}

// LatencyBoundsMS are the upper bounds of the buckets of BackendFeedback.Latencies, in milliseconds.
var LatencyBoundsMS = [...]float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000}

// MaxOutcomes is how many outcomes one Feedback may hold.
const MaxOutcomes = 50_000

// MaxActive is how many active connections a BackendFeedback may tell of.
const MaxActive = 65_535

// FeedbackAnswer is the answer to POST /v1/feedback.
type FeedbackAnswer struct {
	Services []ServiceLoad `json:"services"`
}

// ServiceLoad is how many active connections the applications of the host have to each backend of a
// service, the asking one included. Backends without any are left out, and so are services whose
// strategy does not look at connections.
type ServiceLoad struct {
	Service string         `json:"service"`
	Active  map[string]int `json:"active"` // by address
}
