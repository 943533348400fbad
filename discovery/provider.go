package discovery

import (
	"context"
	"slices"
	"time"
)

// Query says what a source wants of a provider.
type Query struct {
	Service string   // the name that applications ask for
	Name    string   // the name in the catalog; the same as Service unless the source says otherwise
	Tags    []string // only endpoints that carry all of these; empty means all

	// The rest means something to Consul only. Empty: as the provider is configured.
	Datacenter string
	Namespace  string
	Filter     string // an expression over instances, as Consul's API documents it; see SourcePlan for ours
	Stale      bool   // any server may answer
}

// Select returns the endpoints that the query wants, in a list of their own.
func (q Query) Select(endpoints []Endpoint) []Endpoint {
	var selected []Endpoint
	for _, e := range endpoints {
		if q.wants(e) {
			selected = append(selected, e)
		}
	}
	return selected
}

func (q Query) wants(e Endpoint) bool {
	for _, tag := range q.Tags {
		if !slices.Contains(e.Tags, tag) {
			return false
		}
	}
	return true
}

func (q Query) equal(other Query) bool {
	return q.Service == other.Service && q.Name == other.Name && slices.Equal(q.Tags, other.Tags) &&
		q.Datacenter == other.Datacenter && q.Namespace == other.Namespace && q.Filter == other.Filter && q.Stale == other.Stale
}

// Snapshot is all endpoints of one service from one source at one moment. An empty list means that
// the catalog said so; not knowing is never a Snapshot.
type Snapshot struct {
	Endpoints []Endpoint // at most one per address, in the source's order; not to be written to
	Dropped   []error    // one for each entry that was left out because it made no sense

	At  time.Time // when the catalog said so; zero: now
	Err error     // why it can't be asked now, as for Heard; nil: it can. Set, the list is a memory
}

// asOf is the moment that the snapshot is of; now is the latest that it can be.
func (s Snapshot) asOf(now time.Time) time.Time {
	if s.At.IsZero() || s.At.After(now) {
		return now
	}
	return s.At
}

// Sink takes what a provider finds out about one service. Its methods return quickly, may be called
// from any goroutine, and do nothing once the context given to Watch has ended.
type Sink interface {
	// Publish hands over a full snapshot. The provider must not touch it afterwards. Publishing what
	// was published before is allowed and costs little: only differences go further. A snapshot with
	// an Err does what Publish and then Heard(Err) would, in one step: an empty one is not taken for
	// proof that nobody offers the service.
	Publish(Snapshot)

	// Heard says that the catalog was asked. With nil, it gave a complete answer that changed
	// nothing, and what was published last is as fresh as now. With an error, it could not answer:
	// the last snapshot stays in force and the service counts as stale until the next good answer.
	// The same error value in several sinks is one failure, and is counted once for the provider.
	Heard(error)
}

// Provider watches one catalog.
type Provider interface {
	// Watch publishes the service that q describes into sink until ctx ends, and then returns
	// ctx.Err(). It blocks. Any other return is a failure that the caller logs, counts and answers
	// by calling again after a backoff with full jitter, so a provider need not retry what makes it
	// lose its footing. It is called concurrently for different services. It must never publish a
	// partial or a guessed list.
	Watch(ctx context.Context, q Query, sink Sink) error
}

// Lister is a Provider that can say which services its catalog holds; import = "all" needs one.
type Lister interface {
	// List calls publish with all names, sorted, first as soon as they are known and then at every
	// change, until ctx ends; then it returns ctx.Err(). Errors and concurrency are as for Watch.
	List(ctx context.Context, publish func(names []string)) error
}

// Runner is a Provider with work that its watches share, such as one connection for all services.
type Runner interface {
	// Run does that work until ctx ends and has cleaned up when it returns. It is started once, before
	// any Watch is. It mends its own failures and returns an error only for what can't be mended.
	Run(ctx context.Context) error
}

// Attacher is a Provider that needs no goroutine for each watch, because work of its own, in Run or
// elsewhere, finds out what there is to tell. The Catalog calls Attach in place of Watch.
type Attacher interface {
	// Attach does not block: what is known of the service is published into sink, and every change
	// after that until detach is called, which does not block either. It is called concurrently, and
	// never fails: what goes wrong reaches the sink, as an error that it Heard.
	Attach(q Query, sink Sink) (detach func())
}

// Local is an Attacher whose catalog is inside this process, so that it always knows, never fails and
// is never out of date: its age counts as zero. What is known is published before Attach returns.
type Local interface {
	Attacher
	// Local does nothing. It tells what is local from what is not.
	Local()
}

// Reachable is a Provider that knows whether it reaches its catalog even while nothing is watched, so
// that an operator learns of an outage before an application does.
type Reachable interface {
	// LastAnswer returns when the catalog last completed an answer, zero before the first, and why it
	// can't be asked now, nil while it can and while the first attempt is on its way. It returns at
	// once, may be called concurrently, and is called under no lock.
	LastAnswer() (at time.Time, err error)
}

// Patient is a Provider that knows better than a backoff when to try again.
type Patient interface {
	// Pause returns when the next attempt is due after a Watch or List has returned err, which attempt
	// others in a row had done before, or when ctx ends; then it returns the error of ctx. It is to
	// space attempts out as Backoff does, unless it has learned that the next will succeed. It is called
	// concurrently.
	Pause(ctx context.Context, attempt int, err error) error
}

// Metered is a Provider that counts what it costs its catalog.
type Metered interface {
	// Load returns at once and may be called concurrently.
	Load() Load
}

// Credentialed is a Provider that shows to its catalog what may expire or be replaced.
type Credentialed interface {
	// Credentials returns at once and may be called concurrently.
	Credentials() Credentials
}

// Credentials is how those of a provider are doing.
type Credentials struct {
	Problem error     // why what the files hold can't be used; what they held before is in force
	Expires time.Time // of the certificate in force; zero: there is none
}

// Load is what a provider costs its catalog.
type Load struct {
	Queries                  uint64 // sent since the start
	SentBytes, ReceivedBytes uint64 // since the start, as they are on the wire
	Connections              int    // open now
	// Delay is the longest that a query lately had to wait for its turn on a connection: how much later
	// than at best a change may have been seen.
	Delay time.Duration
}
