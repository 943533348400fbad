package discovery

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// source is a provider as one service uses it: one supervised watch and what it last said.
type source struct {
	catalog  *Catalog
	service  *service
	provider *provider
	query    Query
	shape    shape
	running  lifeline

	mu        sync.Mutex
	fresh     freshness
	sink      *sink // of the attempt that runs; nil between attempts and once stopped
	endpoints []Endpoint
	faults    map[string]struct{} // texts of what the last snapshot dropped
}

// sink is what one attempt of a watch publishes into; it goes dead with the attempt.
type sink struct{ source *source }

var _ Sink = (*sink)(nil)

func (s *sink) Publish(snapshot Snapshot) { s.source.publish(s, snapshot) }
func (s *sink) Heard(err error)           { s.source.heard(s, err) }

func newSource(c *Catalog, s *service, w want, required bool) *source {
	src := &source{catalog: c, service: s, provider: w.provider, query: w.query, shape: w.shape}
	src.fresh = freshness{provider: w.provider, service: true}
	src.fresh.change(func() { src.fresh.live, src.fresh.required = true, required })
	return src
}

// start begins the watch, unless stop came first.
func (src *source) start() {
	src.running.start(func() func() {
		if src.provider.attacher != nil {
			return src.provider.attacher.Attach(src.query, src.begin())
		}
		src.provider.watches.Add(1)
		return src.catalog.spawn(src.keep)
	})
}

// stop ends the watch and makes the sink dead; what was last published stays readable.
func (src *source) stop() {
	src.mu.Lock()
	src.sink = nil
	src.fresh.change(func() { src.fresh.live = false })
	src.mu.Unlock()
	src.running.stop()
}

func (src *source) keep(ctx context.Context) {
	defer src.provider.watches.Done()
	supervise(ctx, src.provider.pause, src.watch, src.failed)
}

func (src *source) watch(ctx context.Context) error {
	s := src.begin()
	defer src.end()
	return src.provider.provider.Watch(ctx, src.query, s)
}

func (src *source) begin() *sink {
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.fresh.live {
		src.sink = &sink{src}
		return src.sink
	}
	return &sink{src}
}

func (src *source) end() {
	src.mu.Lock()
	defer src.mu.Unlock()
	src.sink = nil
}

// failed is a watch that returned.
func (src *source) failed(err error) {
	src.provider.logPanic(err)
	src.mu.Lock()
	first := src.fresh.live && src.fresh.fail(err)
	src.mu.Unlock()
	src.tell(first, false, err)
}

// heard is an attempt that the provider reports from within a watch.
func (src *source) heard(from *sink, err error) {
	src.mu.Lock()
	if src.sink != from || (err == nil && !src.fresh.known) { // "no change" to nothing is no answer
		src.mu.Unlock()
		return
	}
	var transition bool
	recalled := src.fresh.recalled
	if err != nil {
		transition = src.fresh.fail(err)
	} else {
		transition = src.fresh.answer(time.Now())
	}
	src.mu.Unlock()
	src.tell(transition, recalled, err)
}

// tell passes on that staleness changed. That the first answer after a restart comes is nothing to log.
func (src *source) tell(transition, recalled bool, err error) {
	switch {
	case !transition:
		return
	case recalled && err == nil:
	case err != nil:
		src.provider.logTransition(hclog.Warn, "source became stale", "service", src.query.Service, "error", err)
	default:
		src.provider.logTransition(hclog.Info, "source recovered", "service", src.query.Service)
	}
	src.catalog.queue.push(src.service)
}

func (src *source) publish(from *sink, snapshot Snapshot) {
	snapshot = src.shape.apply(snapshot)
	src.mu.Lock()
	if src.sink != from {
		src.mu.Unlock()
		return
	}
	update := !src.fresh.known || differ(src.endpoints, snapshot.Endpoints)
	if update { // else what is held already is as good, and shared with others
		src.endpoints = snapshot.Endpoints
		src.fresh.updates++
	}
	faults, recalled := src.noteFaults(snapshot.Dropped), src.fresh.recalled
	transition := src.take(snapshot.asOf(time.Now()), snapshot.Err)
	src.provider.noteSnapshot(update, len(faults))
	src.mu.Unlock()

	src.provider.logDropped(src.query.Service, faults)
	src.tell(transition, recalled, snapshot.Err)
	if update {
		src.catalog.queue.push(src.service)
		src.yield()
	}
}

// yield lets the goroutine that delivers run before the caller goes on, which is right after it. Woken by
// the caller it would run next on the same CPU, but only once the caller waits for something; and those
// who watch a Consul first ask it again. A provider that tells all sinks from one goroutine may publish
// many services in a row, to which it would only add switches, and waits for something right after.
func (src *source) yield() {
	if src.provider.attacher == nil {
		runtime.Gosched()
	}
}

// take notes how fresh a snapshot is and says whether staleness changed.
func (src *source) take(at time.Time, err error) (transition bool) {
	if err != nil {
		return src.fresh.recall(at, err)
	}
	return src.fresh.answer(at)
}

// noteFaults returns the texts of those errors that the snapshot before did not have.
func (src *source) noteFaults(dropped []error) (added []string) {
	if len(dropped) == 0 {
		src.faults = nil
		return nil
	}
	faults := make(map[string]struct{}, len(dropped))
	for _, err := range dropped {
		text := err.Error()
		if _, before := src.faults[text]; !before {
			added = append(added, text)
		}
		faults[text] = struct{}{}
	}
	src.faults = faults
	src.fresh.dropped += uint64(len(added))
	return added
}

// report is what the Catalog reads of a source in one moment.
type report struct {
	endpoints      []Endpoint
	known, failing bool
}

func (src *source) report() report {
	src.mu.Lock()
	defer src.mu.Unlock()
	return report{src.endpoints, src.fresh.known, src.fresh.failing}
}

func (src *source) require(required bool) {
	src.mu.Lock()
	defer src.mu.Unlock()
	src.fresh.change(func() { src.fresh.required = required })
}
