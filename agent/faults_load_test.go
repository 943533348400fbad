package agent

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// selectsPerSecond is the load of a row: 2,000 selects a second, and fewer in short forms, which share
// the machine with all other tests.
func selectsPerSecond() int {
	if testbed.Long() {
		return 2000
	}
	return 200
}

// order tells the load what is true of a service from now on, in the place of what it was told before.
type order struct {
	Service string
	Belongs []string      // ends of the addresses that may be selected; an address is an end of itself
	Require bool          // a select must not fail
	Dead    []string      // addresses that must not be selected any more after Grace
	Grace   time.Duration // how long the agent may take to notice
}

// load is a process that selects, as its parent sees it.
type load struct {
	t     *trial
	in    io.WriteCloser
	out   *bufio.Scanner
	wait  func() error
	ended bool
}

// load starts a process that selects from the agent until the row ends. It selects nothing until it is
// told what to expect.
func (t *trial) load(r *running) *load {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "REMORA_TEST_CHILD=load", "REMORA_SOCKET="+r.socket,
		"REMORA_LOAD_RATE="+strconv.Itoa(selectsPerSecond()))
	child.Stderr, child.SysProcAttr = os.Stderr, endWithParent()
	in, err := child.StdinPipe()
	r.check(err)
	out, err := child.StdoutPipe()
	r.check(err)
	r.check(child.Start())
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	l := &load{t: t, in: in, out: bufio.NewScanner(out), wait: child.Wait}
	l.out.Buffer(nil, 1<<20)
	t.loads = append(t.loads, l)
	return l
}

// tell returns once the load judges by the order.
func (l *load) tell(o order) {
	l.t.Helper()
	if l.ended {
		return
	}
	if err := json.NewEncoder(l.in).Encode(o); err != nil {
		l.t.Fatalf("tell the load: %v", err)
	}
	if !l.out.Scan() {
		l.t.Fatalf("tell the load: it has ended: %v", l.out.Err())
	}
}

// expect says that every select of the service from now on must give one of the addresses.
func (l *load) expect(service string, addresses ...string) {
	l.t.Helper()
	l.tell(order{Service: service, Belongs: addresses, Require: true})
}

// stop ends the load and returns what it saw.
func (l *load) stop() (report loadReport) {
	l.t.Helper()
	l.ended = true
	_ = l.in.Close()
	if !l.out.Scan() {
		l.t.Fatalf("read the load's report: %v", l.out.Err())
	}
	if err := json.Unmarshal(l.out.Bytes(), &report); err != nil {
		l.t.Fatalf("read the load's report: %v", err)
	}
	_ = l.wait()
	return report
}

// loadReport is what a load saw. Durations are those of single selects.
type loadReport struct {
	Selects    int
	Lost       int // failed though they must not
	Foreign    int // gave an address of another service
	Dead       int // gave an address that was known as dead
	P50, P99   time.Duration
	Max        time.Duration
	Complaints []string // the first few of what went wrong
}

// add adds what another load of the same row saw; of quantiles the worse one counts.
func (r *loadReport) add(other loadReport) {
	r.Selects += other.Selects
	r.Lost += other.Lost
	r.Foreign += other.Foreign
	r.Dead += other.Dead
	r.P50, r.P99, r.Max = max(r.P50, other.P50), max(r.P99, other.P99), max(r.Max, other.Max)
	r.Complaints = append(r.Complaints, other.Complaints...)
}

// loadRate is what the child was told.
func loadRate() float64 {
	rate, err := strconv.ParseFloat(os.Getenv("REMORA_LOAD_RATE"), 64)
	if err != nil || rate <= 0 {
		return 100
	}
	return rate
}
