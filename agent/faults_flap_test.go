package agent

import (
	"fmt"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// flapFaults is what a backend that can't make up its mind costs.
func flapFaults() []fault {
	return []fault{
		{number: 26, name: "one of three backends flaps each second", play: oneFlaps},
	}
}

// oneFlaps has a real backend close and open its socket each second. Nothing may be lost, and once it is held
// down it must not be selected, be it up or down.
func oneFlaps(t *trial) {
	flapping := testbed.StartTCPBackend(t, "flapping")
	steady := []string{testbed.StartTCPBackend(t, "a").Address(), testbed.StartTCPBackend(t, "b").Address()}
	bad := flapping.Address()
	r := t.start(probed(fmt.Sprintf("service \"web\" {\n  backend %q {}\n  backend %q {}\n  backend %q {}\n}\n", bad, steady[0], steady[1])))
	load := t.load(r)
	load.expect("web", append(steady, bad)...)
	up := true
	turn := func() {
		if up = !up; up {
			flapping.Up(t)
		} else {
			flapping.Down()
		}
		r.until("web", fmt.Sprintf("it is healthy: %v", up), func(g wire.Group) bool { return backend(g, bad).Healthy == up })
	}
	damped := func(g wire.Group) bool { return backend(g, bad).Damped }
	t.began()
	turns, group := 0, wire.Group{}
	for ; !damped(group); turns++ {
		if turns == 20 {
			t.Fatal("it is not held down")
		}
		t.lasts(200*time.Millisecond, time.Second)
		turn()
		var err error
		group, err = r.Group(r.ctx(), "web")
		r.check(err)
	}
	caught := time.Since(t.begin)
	load.expect("web", steady...)
	held := 0
	for end := time.Now().Add(t.length(2*time.Second, time.Minute)); time.Now().Before(end); {
		t.lasts(200*time.Millisecond, time.Second)
		turn()
		held++
	}
	if !up {
		turn()
	}
	t.ready()
	r.until("web", "it is still held down", damped)
	t.note("held down after %d changes, %s; %d more changes cost nothing", turns, short(caught), held)
}
