package discovery

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Update is what changed about a service, and the whole of it as it is now.
type Update struct {
	Service   string
	Sources   []string   // names of the providers, in the order of the plan
	Endpoints []Endpoint // merged; at most one per address; not to be written to
	Diff      Diff       // of Endpoints, against the Update before; in the first, everything is added
	Held      []Held     // not listed any more, and to be used only where no endpoint can be; see HoldDown
	Stale     bool       // a source has not answered its last query: the list may be out of date
}

// Consumer takes what the Catalog finds out. All calls come from one goroutine, one at a time and
// under no lock, so a call may take its time and may use the Catalog, except to wait for a service.
type Consumer interface {
	// Apply is called with the first list of a service and then whenever membership, attributes,
	// sources, staleness or what is held changed. Changes that come faster than Apply returns become one.
	Apply(Update)

	// Drop is called when a service that was applied is no longer watched.
	Drop(service string)
}

// Catalog owns which services are watched, and tells its Consumer what the sources say about them. All
// methods are safe to call concurrently.
//
// Locks nest in this order: the Catalog's, a source's, the queue's or a provider's. Neither providers
// nor the Consumer are called under any of them.
type Catalog struct {
	log      hclog.Logger
	consumer Consumer
	keep     func(service string) bool
	limit    int
	queue    queue
	lines    lineLimit      // of what is held
	works    sync.WaitGroup // every goroutine that was spawned, and who flushes

	services sync.Map // name: *service; written under mu, read without

	mu        sync.Mutex
	phase     phase
	providers []*provider
	explicit  map[string]ServicePlan
	holdDown  time.Duration      // of services that the plan does not name
	filters   map[string]*Filter // of the plan, by expression
	onDemand  map[*service]struct{}
	absent    []*service    // on demand and offered by nobody, in the order in which that was found
	listed    chan struct{} // closed when a list becomes known or the plan changes; nil if nobody waits
	recalled  []*service    // what Recall took over, for AwaitRecalled
	later     []func()      // starts and stops to be done without the lock, in order
	flushing  bool          // somebody is doing them
}

// phase is where a Catalog is in its life.
type phase uint8

const (
	unborn phase = iota // a plan may be there, nothing runs
	running
	ended
)

// DefaultOnDemandLimit bounds the services that are watched because somebody asked.
const DefaultOnDemandLimit = 10_000

// An Option changes a Catalog's defaults.
type Option func(*Catalog)

// WithOnDemandLimit bounds the services that are watched because somebody asked.
func WithOnDemandLimit(services int) Option { return func(c *Catalog) { c.limit = services } }

// WithKeep sets a function that says whether a service is still in use though nobody asks for it, as
// under a lease. It is called under no lock, right before a service would end because it is idle or
// nobody offers it: by Run, and by an Ask that needs room for one more.
func WithKeep(inUse func(service string) bool) Option { return func(c *Catalog) { c.keep = inUse } }

// NewCatalog returns a Catalog that watches nothing yet. It works once Configure has given it a plan
// and Run is running; either may come first.
func NewCatalog(log hclog.Logger, consumer Consumer, options ...Option) *Catalog {
	c := &Catalog{
		log:      log.Named("discovery"),
		consumer: consumer,
		keep:     func(string) bool { return false },
		limit:    DefaultOnDemandLimit,
		queue:    newQueue(),
		explicit: make(map[string]ServicePlan),
		onDemand: make(map[*service]struct{}),
	}
	for _, option := range options {
		option(c)
	}
	return c
}

// Run watches and delivers until ctx ends. When it returns, every goroutine of the Catalog and of its
// providers' watches has ended; the Consumer keeps what it was told. It can be called once.
func (c *Catalog) Run(ctx context.Context) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.deliverDue() // what was recalled, before a first answer can come in its place unnoticed
	c.flush()
	var sweeper sync.WaitGroup
	sweeper.Go(func() { c.sweepUntil(ctx) })
	c.deliverUntil(ctx)
	sweeper.Wait()
	c.end()
	c.works.Wait()
	return ctx.Err()
}

func (c *Catalog) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != unborn {
		return errors.New("run catalog: it has run already")
	}
	c.phase = running
	return nil
}

// end stops all sources, then their providers.
func (c *Catalog) end() {
	c.mu.Lock()
	c.phase = ended
	c.services.Range(func(_, value any) bool {
		s := value.(*service)
		for _, src := range s.sources {
			c.later = append(c.later, src.stop)
		}
		s.stopHolding()
		concludeAll(s.orders)
		return true
	})
	for _, p := range c.providers {
		c.retire(p)
	}
	c.mu.Unlock()
	c.flush()
}

// spawn starts work in a goroutine that Run waits for and returns what ends it.
func (c *Catalog) spawn(work func(context.Context)) (cancel func()) {
	ctx, cancel := context.WithCancel(context.Background())
	c.works.Go(func() { work(ctx) })
	return cancel
}

// flush does what was put off until the lock was free, once the Catalog runs. Only one goroutine is at
// it, so that everything happens in its order, a provider's Run before its watches; who comes
// meanwhile leaves the work to that one.
func (c *Catalog) flush() {
	for todo := c.takeTurn(); len(todo) > 0; todo = c.takeMore() {
		for _, f := range todo {
			f()
		}
	}
}

// takeTurn returns what is to be done, unless somebody is doing it. Run waits for who has the turn.
func (c *Catalog) takeTurn() []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == unborn || c.flushing || len(c.later) == 0 {
		return nil
	}
	c.flushing = true
	c.works.Add(1)
	return c.take()
}

// takeMore returns what has come up meanwhile; if nothing has, the turn is over.
func (c *Catalog) takeMore() []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	todo := c.take()
	if len(todo) == 0 {
		c.flushing = false
		c.works.Done()
	}
	return todo
}

func (c *Catalog) take() []func() {
	todo := c.later
	c.later = nil
	return todo
}

// lookup returns the service if it is watched.
func (c *Catalog) lookup(name string) *service {
	if value, ok := c.services.Load(name); ok {
		return value.(*service)
	}
	return nil
}
