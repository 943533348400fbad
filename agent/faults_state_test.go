package agent

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// stateFaults is what happens to the agent itself, its disk and its clock.
func stateFaults() []fault {
	return []fault{
		{number: 14, name: "agent restarted while etcd is down", play: restartedInOutage},
		{number: 29, name: "agent SIGKILL, again and again", play: agentKilled},
		{number: 30, name: "state file damaged", play: stateDamaged},
		{number: 31, name: "disk full", play: diskFull},
		{number: 31, name: "data_dir gone", play: diskGone},
		{number: 32, name: "wall clock set by an hour", play: clockSet},
	}
}

const firstAnswerWithin = time.Second // after a restart

// remembering starts an agent that keeps its state, and has it know a service of three.
func (t *trial) remembering() (w *watcher, addresses []string) {
	t.Helper()
	world := testbed.Scenario{Proxied: true}.Start(t)
	w = t.follow(world, kept+etcdConfig(world))
	addresses = world.PutMany([]string{"web"}, 0, 3)["web"]
	world.Expect("web", addresses...)
	slices.Sort(addresses)
	w.written() // and by then the load has reached the agent, which lets it bear with restarts
	return w, addresses
}

// kill ends the agent, which has no time to do anything about it.
func (t *trial) kill() {
	t.agent.signal(syscall.SIGKILL)
	_ = t.agent.stop() // which says that it was killed
}

// relaunch starts the agent again and notes how soon it answered. It returns once the load is back, whose
// client waits longer and longer for an agent that is away.
func (t *trial) relaunch(worst *time.Duration) {
	t.Helper()
	began := time.Now()
	t.agent.launch()
	*worst = max(*worst, time.Since(began))
	t.agent.awaitMetric(`remora_selects_total{outcome="ok",service="web"}`, func(n float64) bool { return n > 0 })
}

func (t *trial) judgeRestarts(worst time.Duration) {
	t.Helper()
	t.note("first answer after %v at most", worst.Round(time.Millisecond))
	if testbed.Long() && worst > firstAnswerWithin {
		t.Errorf("a restart took %v to the first answer", worst)
	}
}

// remembers checks that the agent has the service from its file.
func (t *trial) remembers(addresses []string) {
	t.Helper()
	g, err := t.agent.Group(t.agent.ctx(), "web")
	if err != nil || !slices.Equal(addressesOf(g), addresses) || !g.Stale || g.AgeSeconds <= 0 {
		t.Fatalf("after a restart it knows of web %+v, %v", g, err)
	}
}

// awaitMetric returns once a metric, labels included, has a value that ok likes.
func (r *running) awaitMetric(name string, ok func(float64) bool) {
	r.t.Helper()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for ctx := r.ctx(); ; <-pace.C {
		text, err := r.Metrics(ctx)
		if err != nil {
			r.t.Fatalf("wait for %s: %v", name, err)
		}
		_, rest, _ := strings.Cut(text, "\n"+name+" ")
		line, _, _ := strings.Cut(rest, "\n")
		if value, err := strconv.ParseFloat(line, 64); err == nil && ok(value) {
			return
		}
	}
}

// written waits until everything until now is on disk.
func (r *running) written() {
	r.t.Helper()
	var writes float64
	r.awaitMetric("remora_state_writes_total", func(n float64) bool { writes = n; return true })
	r.check(r.Register(r.ctx(), "something", wire.Registration{})) // or there may be nothing to write
	r.awaitMetric("remora_state_writes_total", func(n float64) bool { return n > writes })
}

func restartedInOutage(t *trial) {
	w, addresses := t.remembering()
	t.began()
	w.world.Proxy.Cut()
	w.ExpectStale("web", true)
	t.stale()
	w.check(w.stop())
	var worst time.Duration
	t.relaunch(&worst)
	t.remembers(addresses)
	t.judgeRestarts(worst)
	t.lasts(0, 10*time.Second)
	w.world.Proxy.Resume(t)
	t.ready()
	w.ExpectStale("web", false)
	t.converged()
}

// agentKilled kills the agent at any moment, and every second time while it writes its file, with etcd
// away so that the file is all that it can know.
func agentKilled(t *trial) {
	w, addresses := t.remembering()
	t.began()
	w.world.Proxy.Cut()
	kills := 8
	if testbed.Long() {
		kills = 100
	}
	var worst time.Duration
	last := 0 // generation that a restart found
	for n := range kills {
		acknowledged := t.change(last, n%2 == 0)
		t.kill()
		t.relaunch(&worst)
		t.remembers(addresses)
		found := t.generation()
		if found < last || found > acknowledged {
			t.Fatalf("generation %d was read after a kill; %d was there before, %d was acknowledged last", found, last, acknowledged)
		}
		last = found
	}
	if last == 0 {
		t.Error("no change ever got to the disk")
	}
	if names, _ := filepath.Glob(filepath.Join(w.folder, "data", "state.corrupt-*")); len(names) > 0 {
		t.Errorf("after a kill the file was found to be damaged: %q", names)
	}
	t.note("%d kills", kills)
	t.judgeRestarts(worst)
	w.world.Proxy.Resume(t)
	t.ready()
	w.ExpectStale("web", false)
	t.converged()
}

// change registers new generations of a service until a moment at random, or until the agent writes. It
// returns the last one that was acknowledged.
func (t *trial) change(from int, writing bool) (acknowledged int) {
	t.Helper()
	r, ctx := t.agent, t.agent.ctx()
	until := time.Now().Add(rand.N(1500 * time.Millisecond))
	if writing {
		until = time.Now().Add(guard)
	}
	for acknowledged = from; time.Now().Before(until); {
		registration := wire.Registration{Strategy: "random"}
		for i := range 1000 { // so that a write takes a while
			registration.Backends = append(registration.Backends, wire.BackendSpec{
				Address: fmt.Sprintf("10.1.%d.%d:80", i/250, i%250),
				Meta:    map[string]string{"generation": strconv.Itoa(acknowledged + 1)},
			})
		}
		r.check(r.Register(ctx, "own", registration))
		acknowledged++
		if writing && t.isWriting() {
			return acknowledged
		}
	}
	return acknowledged
}

// isWriting looks for a while whether the agent writes its file.
func (t *trial) isWriting() bool {
	for until := time.Now().Add(20 * time.Millisecond); time.Now().Before(until); {
		if _, err := os.Lstat(filepath.Join(t.agent.folder, "data", "state.new")); err == nil {
			return true
		}
	}
	return false
}

// generation is what the agent knows of the service that change registers.
func (t *trial) generation() int {
	t.Helper()
	g, err := t.agent.Group(t.agent.ctx(), "own")
	if code(err) == wire.CodeUnknownService || code(err) == wire.CodeNotReady {
		return 0
	}
	t.agent.check(err)
	generation, err := strconv.Atoi(g.Backends[0].Meta["generation"])
	t.agent.check(err)
	if len(g.Backends) != 1000 || g.Strategy != "random" {
		t.Fatalf("after a kill the service has %d backends and the strategy %s", len(g.Backends), g.Strategy)
	}
	return generation
}

// stateDamaged starts the agent again and again with a file that is damaged, or none.
func stateDamaged(t *trial) {
	w, addresses := t.remembering()
	t.kill()
	path := filepath.Join(w.folder, "data", "state")
	whole, err := os.ReadFile(path)
	w.check(err)
	flips := 2
	if testbed.Long() {
		flips = 40
	}
	damages := [][]byte{nil, make([]byte, len(whole)), whole[:len(whole)/2]}
	for range flips {
		damaged := slices.Clone(whole)
		damaged[rand.IntN(len(damaged))] ^= 1 << rand.IntN(8)
		damages = append(damages, damaged)
	}
	var worst time.Duration
	t.began()
	for _, damaged := range damages {
		w.check(os.WriteFile(path, damaged, 0o600))
		t.relaunch(&worst)
		w.Expect("web", addresses...)
		t.kill()
	}
	aside, err := filepath.Glob(path + ".corrupt-*")
	w.check(err)
	if len(aside) != 3 {
		t.Errorf("%d bad files are kept, want 3: %q", len(aside), aside)
	}
	if n := strings.Count(w.log.String(), "the state file can't be used"); n != len(damages) {
		t.Errorf("%d lines of the log tell of %d bad files", n, len(damages))
	}
	t.note("%d bad files", len(damages))
	t.judgeRestarts(worst)
	t.relaunch(&worst)
	t.ready()
	w.Expect("web", addresses...)
	t.converged()
}

// diskFull lets the agent write no file that is longer than a few bytes.
func diskFull(t *trial) {
	t.diskFault(func(w *watcher) (mend func()) {
		limit := func(bytes uint64) {
			t.Helper()
			var old unix.Rlimit
			w.check(unix.Prlimit(w.pid, unix.RLIMIT_FSIZE, nil, &old))
			w.check(unix.Prlimit(w.pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: min(bytes, old.Max), Max: old.Max}, nil))
		}
		limit(16)
		return func() { limit(unix.RLIM_INFINITY) }
	})
}

// diskGone removes the folder under the agent, and puts nothing in its place.
func diskGone(t *trial) {
	t.diskFault(func(w *watcher) func() {
		w.check(os.RemoveAll(filepath.Join(w.folder, "data")))
		return nil
	})
}

// diskFault lets the disk fail: selects and changes go on, the metric rises, and the log has one line.
func (t *trial) diskFault(fail func(*watcher) (mend func())) {
	w, addresses := t.remembering()
	t.began()
	mend := fail(w)
	w.check(w.SetAdmin(w.ctx(), "web", addresses[0], wire.AdminDrain))
	w.awaitMetric("remora_state_write_failures_total", func(n float64) bool { return n >= 2 })
	if n := strings.Count(w.log.String(), "state can't be written"); n != 1 {
		t.Errorf("%d lines of the log tell of one fault", n)
	}
	if mend != nil {
		mend()
		t.ready()
		w.written()
		t.converged()
		if !strings.Contains(w.log.String(), "state is written again") {
			t.Error("the log does not say that all is well")
		}
	}
	w.check(w.stop())
	t.agent.launch()
	g, err := w.Group(w.ctx(), "web")
	if mend == nil && code(err) == wire.CodeUnknownService { // it may take a moment until etcd has answered
		return
	}
	w.check(err)
	if drained := backend(g, addresses[0]).Verdicts.Admin == wire.AdminDrain; drained != (mend != nil) {
		t.Errorf("after a restart the backend is drained: %v", drained)
	}
}

// clockSet sets the wall clock by an hour, to and fro, while the agent runs and between two runs, with
// etcd away. Nobody may set the clock of the tests' machine: the agents get one of their own.
func clockSet(t *trial) {
	world := testbed.Scenario{Proxied: true}.Start(t)
	hcl := kept + etcdConfig(world)
	addresses := world.PutMany([]string{"web"}, 0, 3)["web"]
	slices.Sort(addresses)
	clock := &wallClock{}
	r := startAt(t, shortFolder(t), hcl, clock.now)
	t.agent = r
	(&watcher{running: r, world: world}).await("web", "is there", func(g wire.Group) bool { return len(g.Backends) == 3 })
	lease, err := r.LeaseFor(r.ctx(), "web", time.Minute)
	r.check(err)
	t.began()
	world.Proxy.Cut()
	index := uint64(0)
	for _, step := range []struct{ running, away time.Duration }{{time.Hour, 0}, {-time.Hour, 0}, {0, time.Hour}, {0, -time.Hour}} {
		clock.step(step.running)
		r.Close()
		r.check(r.stop())
		clock.step(step.away)
		r = startAt(t, r.folder, hcl, clock.now)
		t.agent = r
		t.remembers(addresses)
		g, err := r.Group(r.ctx(), "web")
		r.check(err)
		if g.AgeSeconds > (time.Hour + guard).Seconds() {
			t.Errorf("after a step of %+v the list is %v s old", step, g.AgeSeconds)
		}
		if g.Index <= index {
			t.Errorf("after a step of %+v the index went from %d to %d", step, index, g.Index)
		}
		index = g.Index
		if active(g) != 1 {
			t.Errorf("after a step of %+v there are %d active connections, want that of the lease", step, active(g))
		}
		r.check(r.RenewLease(r.ctx(), lease.LeaseID))
	}
	world.Proxy.Resume(t)
	t.ready()
	(&watcher{running: r, world: world}).await("web", "is fresh", func(g wire.Group) bool { return !g.Stale })
	t.converged()
	r.check(r.EndLease(r.ctx(), lease.LeaseID, client.Succeeded(0)))
	if err := r.RenewLease(r.ctx(), lease.LeaseID); code(err) != wire.CodeUnknownLease {
		t.Errorf("renewing what has ended: %v", err)
	}
}

// wallClock is one that can be set.
type wallClock struct{ by atomic.Int64 }

func (c *wallClock) now() time.Time        { return time.Now().Add(time.Duration(c.by.Load())) }
func (c *wallClock) step(by time.Duration) { c.by.Add(int64(by)) }
