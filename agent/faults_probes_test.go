package agent

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// probeFaults is what happens to what is probed.
func probeFaults() []fault {
	return []fault{
		{number: 27, name: "all probes fail, with the panic threshold set", play: allProbesFail},
		{number: 28, name: "500 backends whose probes hang", play: hangingProbes},
	}
}

// backends starts n backends and gives them as blocks of a service.
func (t *trial) backends(n int) (list []*testbed.Backend, addresses []string, blocks string) {
	t.Helper()
	var b strings.Builder
	for i := range n {
		backend := testbed.StartTCPBackend(t, fmt.Sprint(i))
		list, addresses = append(list, backend), append(addresses, backend.Address())
		fmt.Fprintf(&b, "  backend %q {}\n", backend.Address())
	}
	return list, addresses, b.String()
}

// allProbesFail closes every backend: as long as it lasts, all of them are picked as before.
func allProbesFail(t *trial) {
	list, addresses, blocks := t.backends(3)
	r := t.start("service \"web\" {\n  panic_threshold = 50\n" + blocks + "  health_check {\n    interval = \"100ms\"\n  }\n}\n")
	r.until("web", "all are healthy", func(g wire.Group) bool { return g.HealthyCount == 3 })
	t.load(r).expect("web", addresses...)
	t.began()
	for _, b := range list {
		b.Down()
	}
	r.until("web", "none is healthy", func(g wire.Group) bool { return g.HealthyCount == 0 })
	t.lasts(2*time.Second, 30*time.Second)
	for _, b := range list {
		b.Up(t)
	}
	t.ready()
	r.until("web", "all are healthy again", func(g wire.Group) bool { return g.HealthyCount == 3 })
	t.converged()
}

// hangingProbes has 500 backends that accept and never answer beside two that do, one of which goes
// down.
func hangingProbes(t *trial) {
	var hanging strings.Builder
	for range 500 {
		l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody ever answers
		must(t.T, err)
		t.Cleanup(func() { _ = l.Close() })
		fmt.Fprintf(&hanging, "  backend %q {}\n", l.Addr())
	}
	list, addresses, blocks := t.backends(2)
	r := t.start("service \"web\" {\n" + blocks + "  health_check {\n    interval = \"200ms\"\n  }\n}\n" +
		"service \"slow\" {\n" + hanging.String() + "  health_check {\n    type = \"http\"\n    interval = \"1s\"\n    timeout = \"500ms\"\n  }\n}\n")
	r.until("web", "both are healthy", func(g wire.Group) bool { return g.HealthyCount == 2 })
	load := t.load(r)
	load.expect("web", addresses...)
	t.began()
	r.until("slow", "none of 500 is healthy", func(g wire.Group) bool { return g.HealthyCount == 0 })
	t.lasts(time.Second, 30*time.Second)
	list[0].Down()
	load.tell(order{Service: "web", Belongs: addresses, Require: true, Dead: addresses[:1], Grace: 5 * time.Second})
	t.ready()
	r.until("web", "the one that went down is out", func(g wire.Group) bool { return !backend(g, addresses[0]).Healthy })
	t.converged()
	t.note("converged: another service's backend that closed was found out")
}
