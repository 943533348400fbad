package agent

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// The targets that a long row has to meet.
const (
	staleWithin    = 75 * time.Second
	convergeWithin = 2 * time.Second
	growthWithin   = 64 << 20              // bytes
	othersWithin   = 10 * time.Millisecond // p99 of others under attack
)

// trial is one row while it is played. Its methods are for the goroutine of the test.
type trial struct {
	*testing.T
	agent *running
	loads []*load
	row   figures

	folder string // of files that the row writes; empty: none yet

	begin, over time.Time
	before      int64 // bytes of the agent when the fault began
}

// figures is what came of a row. What is zero was not measured.
type figures struct {
	fault
	outage, stale, converge time.Duration
	growth                  int64 // bytes of the agent at most, over those from before the fault
	load                    loadReport
	notes                   []string
	failed                  bool
}

// play plays a row and adds what came of it to the report.
func play(t *testing.T, f fault, report *table) {
	trial := &trial{T: t, row: figures{fault: f}}
	defer func() { // on failures, too
		trial.row.failed = t.Failed()
		report.add(trial.row)
	}()
	f.play(trial)
	trial.end()
}

// end adds up and judges.
func (t *trial) end() {
	t.Helper()
	if t.before > 0 {
		t.row.growth = max(1, t.agent.bytes("VmHWM")-t.before)
	}
	for _, l := range t.loads {
		t.row.load.add(l.stop())
	}
	for _, complaint := range t.row.load.Complaints {
		t.Errorf("load: %s", complaint)
	}
	for _, missed := range t.row.missed() {
		t.Errorf("missed target: %s", missed)
	}
}

// missed names the targets that a row played at full length did not meet.
func (f *figures) missed() (list []string) {
	if !testbed.Long() {
		return nil
	}
	if f.stale > staleWithin {
		list = append(list, fmt.Sprintf("stale after %v", f.stale))
	}
	if f.converge > convergeWithin {
		list = append(list, fmt.Sprintf("converged in %v", f.converge))
	}
	if f.attack && f.load.P99 > othersWithin {
		list = append(list, fmt.Sprintf("others waited %v", f.load.P99))
	}
	if f.growth > growthWithin {
		list = append(list, fmt.Sprintf("%d bytes more", f.growth))
	}
	return list
}

// isLong says whether rows are to be played at full length.
func (t *trial) isLong() bool { return testbed.Long() }

// length is how long something lasts: short, or long when rows are to be played at full length.
func (t *trial) length(short, long time.Duration) time.Duration {
	if t.isLong() {
		return long
	}
	return short
}

// lasts returns when length(short, long) has passed.
func (t *trial) lasts(short, long time.Duration) {
	t.Helper()
	timer := time.NewTimer(t.length(short, long))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// start runs an agent in a process of its own, as start does in this one.
func (t *trial) start(hcl string) *running {
	t.Helper()
	t.agent = startApart(t, hcl)
	return t.agent
}

// began notes that the fault begins now.
func (t *trial) began() {
	t.begin = time.Now()
	t.before = t.agent.bytes("VmRSS")
	t.agent.forgetPeak()
}

// stale notes that the fault shows: what it concerns is flagged as stale.
func (t *trial) stale() { t.row.stale = time.Since(t.begin) }

// ready notes that the world is in order again.
func (t *trial) ready() {
	t.over = time.Now()
	t.row.outage = t.over.Sub(t.begin)
}

// converged notes that the agent says what is true.
func (t *trial) converged() { t.row.converge = time.Since(t.over) }

// note adds a remark to the row.
func (t *trial) note(format string, args ...any) {
	t.row.notes = append(t.row.notes, fmt.Sprintf(format, args...))
}

// bytes reads a figure of the process's memory: VmRSS is what it has, VmHWM the most that it had. It is
// 0 where the system does not tell, or the process is gone.
func (r *running) bytes(name string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// forgetPeak has VmHWM begin anew with what the process has now.
func (r *running) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", r.pid), []byte("5"), 0)
}
