package agent

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// restartFaults is what a new version of the agent costs those who ask.
func restartFaults() []fault {
	return []fault{
		{number: 33, name: "agent restarted 20 times under socket activation", play: restartedUnderLoad},
	}
}

// activated is an agent whose socket somebody else holds, as systemd does.
func (t *trial) activated(hcl string) *running {
	t.Helper()
	r := notStarted(t, hcl)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: r.socket, Net: "unix"})
	r.check(err)
	l.SetUnlinkOnClose(false)
	file, err := l.File()
	r.check(err)
	r.check(l.Close())
	t.Cleanup(func() { _ = file.Close() })
	r.files = []*os.File{file}
	r.environ = []string{"LISTEN_FDS=1", "LISTEN_FDNAMES=remora.socket"}
	r.launch()
	t.Cleanup(func() { r.end() })
	t.agent = r
	return r
}

// restartedUnderLoad restarts the agent again and again while one process selects over connections that
// it keeps, and while every dial and every request on a new connection has to succeed.
func restartedUnderLoad(t *trial) {
	r := t.activated(twoServices)
	load := t.load(r)
	load.expect("web", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
	var dialing sync.WaitGroup
	var dialed, refused atomic.Int64
	stop := make(chan struct{})
	for range 4 {
		dialing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				dialed.Add(1)
				if err := selectOnce(r.socket); err != nil {
					refused.Add(1)
					t.Errorf("request on a new connection: %v", err)
				}
			}
		})
	}
	times := 4
	if testbed.Long() {
		times = 20
	}
	t.began()
	for range times {
		r.check(r.stop())
		r.launch()
		for before := dialed.Load(); dialed.Load() < before+100; { // the load goes on
			_, err := r.Agent(r.ctx())
			r.check(err)
		}
	}
	t.ready()
	r.until("web", "it is there", func(g wire.Group) bool { return g.BackendCount == 3 })
	t.converged()
	close(stop)
	dialing.Wait()
	t.row.growth, t.before = 0, 0 // each process begins anew
	t.note("%d restarts, %d dials, %d refused", times, dialed.Load(), refused.Load())
}

// selectOnce dials, asks one thing and hangs up.
func selectOnce(socket string) error {
	c, err := net.Dial("unix", socket)
	for errors.Is(err, syscall.EAGAIN) { // the kernel's queue is full: a server is busy, not gone
		c, err = net.Dial("unix", socket)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprint(c, "GET /v1/select/web?format=text HTTP/1.1\r\nHost: remora\r\n\r\n"); err != nil {
		return err
	}
	answer := make([]byte, 1024)
	n, err := c.Read(answer)
	if err != nil {
		return err
	}
	if got := string(answer[:min(n, 15)]); got != "HTTP/1.1 200 OK" {
		return fmt.Errorf("got %q", answer[:n])
	}
	return nil
}
