package agent

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// soakFault is something that happens to the agents' world and is over when play returns.
type soakFault struct {
	name string
	play func()
}

// next draws a fault; each comes once before one comes again.
func (s *soak) next(random *rand.Rand) soakFault {
	if len(s.queue) == 0 {
		s.queue = s.all()
		random.Shuffle(len(s.queue), func(i, j int) { s.queue[i], s.queue[j] = s.queue[j], s.queue[i] })
	}
	next := s.queue[0]
	s.queue = s.queue[1:]
	return next
}

func (s *soak) all() []soakFault {
	return []soakFault{
		{"etcd killed", func() {
			s.etcd.Etcd.Members[0].Kill()
			s.outage()
			s.etcd.Etcd.Members[0].Restart(s)
		}},
		{"etcd stopped", func() {
			s.etcd.Etcd.Members[0].Pause()
			s.outage()
			s.etcd.Etcd.Members[0].Continue()
		}},
		{"etcd cut off", func() {
			s.etcd.Proxy.Cut()
			s.outage()
			s.etcd.Proxy.Resume(s)
		}},
		{"connection to etcd half open", func() { s.etcd.Proxy.HalfOpen() }},
		{"etcd compacted", func() {
			s.churn("etcd-web")
			s.etcd.Compact()
		}},
		{"Consul killed", func() {
			s.consul.Consul.Servers[0].Kill()
			s.outage()
			s.consul.Consul.Servers[0].Restart(s)
		}},
		{"Consul stopped", func() {
			s.consul.Consul.Servers[0].Pause()
			s.outage()
			s.consul.Consul.Servers[0].Continue()
		}},
		{"etcd's services come and go", func() { s.churn("etcd-web") }},
		{"Consul's services come and go", func() { s.churn("consul-web") }},
		{"most of etcd's service withdrawn by mistake", func() {
			s.etcd.DeleteMany([]string{"etcd-web"}, 0, 5)
			s.steady.untilHeldIs("etcd-web", 5)
			s.etcd.PutMany([]string{"etcd-web"}, 0, 5)
		}},
		{"agent restarted", func() {
			s.other.check(s.other.stop())
			s.other.launch()
		}},
		{"agent killed", func() {
			s.other.signal(syscall.SIGKILL)
			_ = s.other.stop() // it was killed, and says so
			s.other.launch()
		}},
		{"reload with a fault", func() {
			for _, r := range []*running{s.steady, s.other} {
				r.configure(s.hcl() + "no_such_thing = 1\n")
				if _, err := r.Reload(r.ctx()); code(err) != wire.CodeBadRequest {
					s.Errorf("reload with a fault: %v", err)
				}
				r.configure(s.hcl())
				_, err := r.Reload(r.ctx())
				r.check(err)
			}
		}},
		{"clients that trickle", s.trickle},
	}
}

// outage lasts for as long as one may, in a world that is soaked for so long.
func (s *soak) outage() {
	length := 300 * time.Millisecond
	if os.Getenv("REMORA_SOAK") != "" {
		length = 5 * time.Second
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	<-timer.C
}

// churn has backends come and go that are not always there.
func (s *soak) churn(service string) {
	for range 10 {
		for n := 6; n < 8; n++ {
			if service == "etcd-web" {
				s.etcd.Put(service, n)
			} else {
				s.consul.Register(service, n)
			}
		}
		for n := 6; n < 8; n++ {
			if service == "etcd-web" {
				s.etcd.Delete(service, n)
			} else {
				s.consul.Deregister(service, n)
			}
		}
	}
}

// trickle connects many clients that send half a request and no more, and hang up.
func (s *soak) trickle() {
	for _, r := range []*running{s.steady, s.other} {
		for range 100 {
			c, err := net.Dial("unix", r.socket)
			r.check(err)
			_, err = c.Write([]byte("GET /v1/select/etcd-web HT"))
			r.check(err)
			r.check(c.Close())
		}
	}
}

// untilFresh waits until the service has just these backends and its source answers.
func (r *running) untilFresh(service string, want []string) {
	r.t.Helper()
	want = slices.Sorted(slices.Values(want))
	r.until(service, "it is fresh and has what its catalog has", func(g wire.Group) bool {
		return !g.Stale && g.HeldCount == 0 && slices.Equal(addressesOf(g), want)
	})
}

// untilHeldIs waits until so many backends of the service are held.
func (r *running) untilHeldIs(service string, n int) {
	r.t.Helper()
	r.until(service, fmt.Sprintf("%d are held", n), func(g wire.Group) bool { return g.HeldCount == n })
}

// descriptors counts what the process has open.
func (r *running) descriptors() int {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.pid))
	r.check(err)
	return len(slices.DeleteFunc(open, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }))
}
