package client

import (
	"slices"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Bounds of what is remembered of one backend between two requests to the agent. Past them what is old
// is forgotten: the agent has been away, and what happened then decides nothing any more.
const (
	maxRuns  = 1024
	maxTotal = wire.MaxOutcomes / 2
)

// outcomes is how uses of one backend went since the agent was last told. The zero value is empty.
type outcomes struct {
	runs      []int // n successes or -n failures in a row
	total     int
	latency   time.Duration
	latencies [len(wire.LatencyBoundsMS) + 1]int
}

func (o *outcomes) add(success bool, latency time.Duration) {
	if o.total == maxTotal {
		*o = outcomes{}
	}
	step := -1
	if success {
		step = 1
	}
	last := len(o.runs) - 1
	if last < 0 || (o.runs[last] > 0) != success {
		if len(o.runs) == maxRuns {
			*o = outcomes{}
		}
		o.runs = append(o.runs, 0)
		last = len(o.runs) - 1
	}
	o.runs[last] += step
	o.total++
	if latency > 0 {
		o.latency += latency
		o.latencies[bucketOf(latency)]++
	}
}

// bucketOf finds the bucket of a latency: the first whose bound is not below it.
func bucketOf(latency time.Duration) int {
	bucket, _ := slices.BinarySearch(wire.LatencyBoundsMS[:], milliseconds(latency))
	return bucket
}

// put fills in what a BackendFeedback says of outcomes.
func (o *outcomes) put(f *wire.BackendFeedback) {
	f.Outcomes = o.runs
	f.LatencyMS = milliseconds(o.latency)
	used := len(o.latencies)
	for used > 0 && o.latencies[used-1] == 0 {
		used--
	}
	f.Latencies = o.latencies[:used:used]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
