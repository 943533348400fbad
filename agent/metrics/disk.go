package metrics

import "github.com/prometheus/client_golang/prometheus"

// Disk is how the agent's memory on disk is doing.
type Disk struct {
	Writes, Failures uint64
	AgeSeconds       float64 // since the last good write began; before the first, since the start
	WriteSeconds     float64 // that it took
	Bytes            int64   // that it wrote
}

var (
	stateWrites   = desc("state_writes_total", "Times that the state file was written.")
	stateFailures = desc("state_write_failures_total", "Times that the state file could not be written.")
	stateAge      = desc("state_age_seconds", "Time since the state file was last written; before the first time, since the start.")
	stateTook     = desc("state_write_seconds", "Time that the last write of the state file took.")
	stateSize     = desc("state_size_bytes", "Size of the state file when it was last written.")
)

var diskDescs = []*prometheus.Desc{stateWrites, stateFailures, stateAge, stateTook, stateSize}

// disk shows nothing for an agent that keeps nothing on disk.
func (out emitter) disk(d *Disk) {
	if d == nil {
		return
	}
	out.counter(stateWrites, d.Writes)
	out.counter(stateFailures, d.Failures)
	out.gauge(stateAge, d.AgeSeconds)
	out.gauge(stateTook, d.WriteSeconds)
	out.gauge(stateSize, float64(d.Bytes))
}
