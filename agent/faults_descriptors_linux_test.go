package agent

import (
	"net"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// descriptorFaults is a process that may open nothing more. Elsewhere than on Linux nobody can take that
// from a process that runs.
func descriptorFaults() []fault {
	return []fault{{number: 37, name: "file descriptors used up", play: withoutDescriptors}}
}

// withoutDescriptors has an agent that is connected to, probes a backend, and may then open nothing.
func withoutDescriptors(t *trial) {
	address := listenTCP(t.T).Addr().String()
	r := t.start("defaults {\n  health_check {\n    interval = \"100ms\"\n  }\n}\nservice \"web\" {\n  backend \"" + address + "\" {}\n}\n")
	load := t.load(r)
	load.expect("web", address)
	load.await(r)
	open := dialAgent(t, r)
	askOver(t, open, "/healthz") // it is accepted

	var had unix.Rlimit
	r.check(unix.Prlimit(r.pid, unix.RLIMIT_NOFILE, nil, &had))
	t.began()
	r.check(unix.Prlimit(r.pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: had.Max}, nil))
	late := dialAgent(t, r)
	for _, want := range []string{"remora_api_accept_failures_total ", `remora_probes_total{result="local",type="tcp"} `} {
		for strings.Contains(askOver(t, open, "/metrics"), want+"0\n") || !strings.Contains(askOver(t, open, "/metrics"), want) {
			if t.Context().Err() != nil {
				t.Fatalf("%s does not grow", want)
			}
		}
	}
	t.lasts(500*time.Millisecond, 20*time.Second)
	group := askOver(t, open, "/v1/services/web")
	if !strings.Contains(group, `"healthy_count":1`) {
		t.Errorf("without descriptors for probes the group is %s", group)
	}
	r.check(unix.Prlimit(r.pid, unix.RLIMIT_NOFILE, &had, nil))
	t.ready()
	if got := askOver(t, late, "/healthz"); got != "ok\n" {
		t.Errorf("who connected meanwhile got %q", got)
	}
	t.converged()
	for _, line := range []string{"connections can't be accepted", "connections are accepted again"} {
		for ctx := r.ctx(); !strings.Contains(r.log.String(), line) && ctx.Err() == nil; {
			runtime.Gosched() // the log comes through a pipe
		}
		if n := strings.Count(r.log.String(), line); n != 1 {
			t.Errorf("the log says %d times that %s, want once", n, line)
		}
	}
}

// dialAgent opens a connection that lasts as long as the test.
func dialAgent(t *trial, r *running) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", r.socket)
	r.check(err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
