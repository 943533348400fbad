package agent

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// The pace of a soak.
const (
	faultsEvery = 20 * time.Second
	maxDrift    = 0.10
	settled     = 0.25 // part of the time after which memory and descriptors should grow no more
)

// TestSoak has two agents follow a real etcd and a real Consul under load for as long as REMORA_SOAK says,
// while faults come at random: see `make soak`. One agent is never restarted, and what it holds of memory and
// descriptors must not drift; the other one is restarted and killed. No select of either may be lost.
// Without REMORA_SOAK, some faults are played in a few seconds, and drift is not judged.
func TestSoak(t *testing.T) {
	length, pace := soakLength(t)
	s := newSoak(t)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("soak of %v with seed %d", length, seed)
	began := time.Now()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for time.Since(began) < length {
		fault := s.next(random)
		fault.play()
		s.faults[fault.name]++
		s.converge()
		if time.Since(began) > time.Duration(settled*float64(length)) {
			s.samples = append(s.samples, s.sample())
		}
		<-tick.C
	}
	s.report(length >= time.Minute)
}

// soakLength tells how long to soak, and how often a fault comes.
func soakLength(t *testing.T) (length, pace time.Duration) {
	text := os.Getenv("REMORA_SOAK")
	if text == "" {
		return 5 * time.Second, 500 * time.Millisecond
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("REMORA_SOAK: %v", err)
	}
	return length, faultsEvery
}

// soak is the world of the two agents.
type soak struct {
	*trial
	etcd, consul  *testbed.World
	steady, other *running
	faults        map[string]int
	queue         []soakFault // of this round
	samples       []sample    // of the steady agent

	backends map[string][]string // what the catalogs have of each service
	spare    map[string][]string // what they have at times
}

// sample is what a process holds.
type sample struct{ bytes, descriptors float64 }

func newSoak(t *testing.T) *soak {
	s := &soak{
		trial:    &trial{T: t},
		faults:   make(map[string]int),
		backends: make(map[string][]string),
		spare:    make(map[string][]string),
	}
	s.etcd = testbed.Scenario{Proxied: true}.Start(s)
	s.consul = testbed.ConsulScenario{Consul: testbed.ConsulConfig{Durable: true}}.Start(s)
	for _, world := range []*testbed.World{s.etcd, s.consul} {
		var all []string
		for range 8 {
			all = append(all, testbed.StartTCPBackend(t, "soak").Address())
		}
		world.Address = func(_ string, n int) string { return all[n] }
	}
	for i := range 6 {
		s.backends["etcd-web"] = append(s.backends["etcd-web"], s.etcd.Put("etcd-web", i))
		s.backends["consul-web"] = append(s.backends["consul-web"], s.consul.RegisterExternal("consul-web", i))
	}
	for i := 6; i < 8; i++ {
		s.spare["etcd-web"] = append(s.spare["etcd-web"], s.etcd.Address("etcd-web", i))
		s.spare["consul-web"] = append(s.spare["consul-web"], s.consul.Address("consul-web", i))
	}
	s.steady, s.other = s.start(s.hcl()), s.activated(s.hcl())
	for _, r := range []*running{s.steady, s.other} {
		load := s.load(r)
		for service, addresses := range s.backends {
			load.expect(service, slices.Concat(addresses, s.spare[service])...)
		}
	}
	return s
}

func (s *soak) hcl() string {
	return probed(fmt.Sprintf(`
data_dir = "FOLDER/data"
log_level = "warn"
provider "etcd" "etcd" {
  endpoints = [%q]
  prefix    = %q
}
provider "consul" "consul" {
  address = %q
}
service "etcd-web" {
  source "etcd" {}
}
service "consul-web" {
  source "consul" {}
}
`, s.etcd.Endpoints[0], s.etcd.Prefix, s.consul.Endpoints[0]))
}

// converge returns once both agents say what the catalogs have.
func (s *soak) converge() {
	s.Helper()
	for _, r := range []*running{s.steady, s.other} {
		for service, want := range s.backends {
			r.untilFresh(service, want)
		}
	}
}

// sample tells what the steady agent holds.
func (s *soak) sample() sample {
	return sample{float64(s.steady.bytes("VmRSS")), float64(s.steady.descriptors())}
}

// report judges the whole.
func (s *soak) report(judgesDrift bool) {
	s.Helper()
	s.end()
	l := s.row.load
	s.Logf("%d selects, %d lost, %d of another service, %d dead; p99 %v, worst %v", l.Selects, l.Lost, l.Foreign, l.Dead, l.P99, l.Max)
	s.Logf("faults: %v", s.faults)
	if len(s.samples) < 4 {
		if judgesDrift {
			s.Errorf("%d samples of memory are too few", len(s.samples))
		}
		return
	}
	half := len(s.samples) / 2
	first, last := medianOf(s.samples[:half]), medianOf(s.samples[half:])
	memory, descriptors := last.bytes/first.bytes-1, last.descriptors/first.descriptors-1
	s.Logf("memory %.1f → %.1f MB (%+.1f%%), descriptors %.0f → %.0f (%+.1f%%)", first.bytes/(1<<20), last.bytes/(1<<20),
		100*memory, first.descriptors, last.descriptors, 100*descriptors)
	if judgesDrift && (memory > maxDrift || descriptors > maxDrift) {
		s.Errorf("the agent drifts by more than %.0f%%", 100*maxDrift)
	}
}

func medianOf(samples []sample) sample {
	middle := func(of func(sample) float64) float64 {
		values := make([]float64, len(samples))
		for i, one := range samples {
			values[i] = of(one)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return sample{middle(func(s sample) float64 { return s.bytes }), middle(func(s sample) float64 { return s.descriptors })}
}
