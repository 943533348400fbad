package agent

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

const client1h = time.Hour

// children are what this test binary does when a test starts it as a process of its own.
var children = map[string]func(){
	"leases":     leaseUntilKilled,
	"select":     selectAndChange,
	"agent":      runAgent,
	"load":       selectAsTold,
	"attack":     attack,
	"lease-many": leaseMany,
}

// startChild runs this binary as one of children, which speaks over its standard output.
func startChild(t *testing.T, name, socket string, change func(*exec.Cmd)) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	binary := "/proc/self/exe"
	if _, err := os.Stat(binary); err != nil {
		binary = os.Args[0]
	}
	child := exec.Command(binary)
	child.Env = append(os.Environ(), "REMORA_TEST_CHILD="+name, "REMORA_SOCKET="+socket)
	child.Stderr = os.Stderr
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(child)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	return child, bufio.NewScanner(out)
}

const childLeases = 20

// leaseUntilKilled takes leases and waits for its end.
func leaseUntilKilled() {
	c := client.New(os.Getenv("REMORA_SOCKET"))
	var held []*client.Lease // or the collector closes their connections
	for range childLeases {
		lease, err := c.Lease(context.Background(), "web")
		if err != nil {
			fmt.Println(err)
			return
		}
		held = append(held, lease)
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until killed, or until nobody is there to do it
	runtime.KeepAlive(held)
}

func active(group wire.Group) (n int64) {
	for _, b := range group.Backends {
		n += b.ActiveConnections
	}
	return n
}

func TestKillingAClientEndsItsLeases(t *testing.T) {
	r := start(t, twoServices)
	child, lines := startChild(t, "leases", r.socket, nil)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q", lines.Text())
	}
	ttl, err := r.LeaseFor(r.ctx(), "web", client1h)
	r.check(err)
	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	if got := active(group); got != childLeases+1 {
		t.Fatalf("%d active connections, want %d", got, childLeases+1)
	}
	r.check(child.Process.Kill())
	_ = child.Wait()
	for ctx := r.ctx(); active(group) != 1; {
		if group, err = r.Group(ctx, "web"); err != nil {
			t.Fatalf("%d leases of the dead child did not end: %v", active(group)-1, err)
		}
	}
	r.check(ttl.End(r.ctx(), client.Succeeded(time.Millisecond)))
	group, err = r.Group(r.ctx(), "web")
	r.check(err)
	if got := active(group); got != 0 {
		t.Errorf("%d active connections after every lease ended", got)
	}
}

func TestTTLLeaseOutlivesItsConnectionAndEndsOnTime(t *testing.T) {
	r := start(t, twoServices)
	other := client.New(r.socket)
	lease, err := other.LeaseFor(r.ctx(), "db", time.Second)
	r.check(err)
	r.check(lease.Renew(r.ctx()))
	began := time.Now()
	other.Close()
	group, err := r.Group(r.ctx(), "db")
	r.check(err)
	if active(group) != 1 {
		t.Error("the lease ended with its connection")
	}
	for ctx := r.ctx(); active(group) > 0; {
		group, err = r.Group(ctx, "db")
		r.check(err)
	}
	if lived := time.Since(began); lived < 900*time.Millisecond {
		t.Errorf("a lease of 1s ended after %v", lived)
	}
	if err := r.RenewLease(r.ctx(), lease.LeaseID); code(err) != wire.CodeUnknownLease {
		t.Errorf("renewing what has ended: %v", err)
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	r := start(t, twoServices)
	ctx := r.ctx()
	for range 3 {
		lease, err := r.Lease(ctx, "db")
		r.check(err)
		r.check(lease.End(ctx, client.Failed(time.Millisecond)))
	}
	group, err := r.Group(ctx, "db")
	r.check(err)
	if b := group.Backends[0]; b.ReportedFailures != 3 || b.ConsecutiveFailures != 0 || b.ActiveConnections != 0 {
		t.Errorf("after three failed uses: %+v", b)
	}
	good := wire.Report{Service: "db", Address: "10.0.1.1:5432", Outcome: client.Succeeded(0)}
	bad := wire.Report{Service: "db", Address: "10.0.1.2:5432", Outcome: client.Succeeded(0)}
	if err := r.Report(ctx, good, bad); code(err) != wire.CodeUnknownBackend {
		t.Errorf("a report on an unknown backend: %v", err)
	}
	group, err = r.Group(ctx, "db")
	r.check(err)
	if group.Backends[0].ReportedFailures != 3 {
		t.Error("a refused list of reports was counted in part")
	}
	r.check(r.Report(ctx, good))
	group, err = r.Group(ctx, "db")
	r.check(err)
	if group.Backends[0].ReportedFailures != 0 {
		t.Error("a success did not end the row of failures")
	}
}
