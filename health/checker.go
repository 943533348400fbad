package health

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"github.com/hashicorp/go-hclog"
)

// DefaultMaxInFlight is how many probes run at a time unless Options say otherwise.
const DefaultMaxInFlight = 64

// Options are the settings of a Checker.
type Options struct {
	Sink        Sink         // required
	MaxInFlight int          // probes at a time; below 1: DefaultMaxInFlight
	Logger      hclog.Logger // for what is wrong with this host; results are the sink's to log. nil: none
}

// Checker probes the targets of many services. Its methods may be called concurrently, before, while
// and after Run runs; probes are made only while it does.
type Checker struct {
	sink  Sink
	log   hclog.Logger
	start time.Time     // of the monotonic times below
	wake  chan struct{} // tells Run to look again

	// attempt makes one probe over the network, as prober.probe does.
	attempt func(ctx context.Context, address string, check Check) error

	running    atomic.Bool
	complained atomic.Int64 // when, last; 0: never

	mu        sync.Mutex
	delivered sync.Cond // some member.delivering went down
	services  map[string]map[string]*member
	probes    map[key]*probe
	targets   int
	schedule  schedule
	armed     time.Duration // when Run looks again by itself
	starts    uint64        // probes begun; numbers them
	tally     tally
	late      peak
}

// New returns a Checker without targets.
func New(o Options) *Checker {
	if o.MaxInFlight < 1 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	c := &Checker{
		sink:     o.Sink,
		log:      o.Logger,
		attempt:  newProber().probe,
		start:    time.Now(),
		wake:     make(chan struct{}, 1),
		services: map[string]map[string]*member{},
		probes:   map[key]*probe{},
		schedule: schedule{slots: o.MaxInFlight},
	}
	c.delivered.L = &c.mu
	return c
}

func (c *Checker) now() time.Duration { return time.Since(c.start) }

// SetTargets makes targets the whole list of the service; their Service fields are not read, and of
// several with one address the first counts. A target whose address was there before keeps its
// verdict, its streak and its last result; with the same check it keeps its place in the schedule
// too, with another one it is probed at once, as a new target is. Once SetTargets has returned, the
// sink hears no more of targets that are not in the list; one that comes back later starts with
// nothing known. It must not be called from Sink.Checked. The cost is in proportion to the service's
// own targets, old and new.
func (c *Checker) SetTargets(service string, targets []Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, old := c.now(), c.services[service]
	c.targets -= len(old)
	group := make(map[string]*member, len(targets))
	var last Check // that k.check stands for; most lists have only one
	var k key
	for i := range targets {
		t := &targets[i]
		if t.Check.none() || group[t.Address] != nil {
			continue
		}
		if t.Check != last {
			last, k.check = t.Check, unique.Make(t.Check.normal())
		}
		m := old[t.Address]
		if m == nil {
			m = &member{service: service}
		}
		delete(old, t.Address)
		m.rise, m.fall = max(t.Healthy, 1), max(t.Unhealthy, 1)
		k.address = t.Address
		c.join(m, k, now)
		group[t.Address] = m
	}
	for _, m := range old {
		c.leave(m)
	}
	c.targets += len(group)
	c.services[service] = group
	if len(group) == 0 {
		delete(c.services, service)
	}
	c.nudge()
	for _, m := range old {
		c.settle(m)
	}
}

// Remove forgets the service and all that is known about its targets, as SetTargets with an empty
// list does.
func (c *Checker) Remove(service string) { c.SetTargets(service, nil) }

// Override takes note that somebody other than a probe said how a target is. The verdict becomes
// theirs and the streak starts over. Once Override has returned, no probe of this target that began
// before the call is heard of any more; one that begins later may say otherwise. Unknown targets
// are ignored. It must not be called from Sink.Checked.
func (c *Checker) Override(service, address string, healthy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.services[service][address]
	if m == nil {
		return
	}
	m.streak = m.streak.marked(healthy)
	m.marked = c.starts
	c.settle(m)
}

// settle waits until no result of m is on its way to the sink. m has left its probe, or is marked, so
// that the probes under way add none. c.mu is held, but not while it waits.
func (c *Checker) settle(m *member) {
	for m.delivering > 0 {
		c.delivered.Wait()
	}
}

// Last returns how the last probe of a target went; false: there was none, or no such target.
func (c *Checker) Last(service, address string) (Last, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.services[service][address]
	if m == nil || m.last == nil {
		return Last{}, false
	}
	return *m.last, true
}

// LastOf returns Last of every target of a service that has one, by address, at one moment: for whoever
// shows the service as a whole. The map is the caller's.
func (c *Checker) LastOf(service string) map[string]Last {
	c.mu.Lock()
	defer c.mu.Unlock()
	group := c.services[service]
	lasts := make(map[string]Last, len(group))
	for address, m := range group {
		if m.last != nil {
			lasts[address] = *m.last
		}
	}
	return lasts
}
