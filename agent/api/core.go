package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Core is what the API calls. All methods may be called concurrently. Service names and addresses
// that they get are valid and canonical. An error that is a *wire.Problem (errors.As) is the answer;
// one of a context that ended becomes not_ready; any other is logged and becomes "internal" without
// its text. Requests are served a few at a time (see package fair): a method that blocks does so inside
// fair.Pause.
type Core struct {
	Selector    Selector
	Leases      Leases
	Fast        Fast // what of both the fast lane needs; nil: there is none
	Connections Connections
	Reporter    Reporter
	Services    Services
	Explainer   Explainer
	Feed        Feed
	Registry    Registry
	Backends    Backends
	Operations  Operations
	Acceptor    Acceptor
	Operator    Operator
	Health      Health
	Metrics     http.Handler // Prometheus text
}

// Caller is who sent a request.
type Caller struct {
	UID, GID uint32 // Nobody where the system can't say
	PID      int32
	Conn     uint64 // the number of the connection, never reused and never 0
	Admin    bool   // it came over the admin socket
}

// Nobody is the uid and gid of a caller whose credentials are not known. It belongs to no user.
const Nobody = math.MaxUint32

// Selector chooses backends.
type Selector interface {
	// Select gives one backend. It blocks only while the first snapshot of a known service is on its
	// way, at most 2 s and never once ctx has ended; then the code is not_ready.
	Select(ctx context.Context, pick wire.Pick) (wire.Selection, error)

	// SelectMany gives n different backends, or as many as there are, best first; it blocks like
	// Select, and gives an error rather than none.
	SelectMany(ctx context.Context, pick wire.Pick, n int) ([]wire.Selection, error)
}

// Fast is the short way to the backends of services, for the fast lane.
type Fast interface {
	// Service gives the way to one service, whether it is there or not. The caller keeps it for as long
	// as it likes, so that the service need not be looked up for each request.
	Service(name string) FastService
}

// FastService selects from one service. Of a pick it may keep nothing: that is memory which the next
// request overwrites. The pick's service is the one that it was made for.
type FastService interface {
	// SelectNow chooses a backend and puts it into a selection that the caller uses again. It never
	// blocks. It is false, and nothing is counted, where anything but a backend is the answer: Select
	// then finds out why.
	SelectNow(pick wire.Pick, into *wire.Selection) bool

	// Selected counts n selections by SelectNow as answered.
	Selected(n int)

	// TakeNow is Leases.Take as SelectNow is Select, and counts the selection as well.
	TakeNow(caller Caller, pick wire.Pick, ttl time.Duration, into *wire.Lease) bool
}

// Leases keeps track of backends in use.
type Leases interface {
	// Take selects and counts one use. With a ttl the lease ends after it unless renewed; with 0 it
	// ends with the caller's connection, at once if that has closed already. It blocks like Select.
	Take(ctx context.Context, caller Caller, pick wire.Pick, ttl time.Duration) (wire.Lease, error)

	// Renew starts the time of a ttl lease anew; unknown_lease when it is gone.
	Renew(id string) error

	// End ends a lease and counts the outcome. A lease that is gone already is no error, and its
	// outcome is not counted again.
	End(caller Caller, id string, outcome wire.Outcome) error
}

// Connections hears of the connections that leases may be bound to. Its methods return at once.
type Connections interface {
	// Opened comes before any request of the connection.
	Opened(conn uint64)

	// Closed comes once for each Opened, when the other end is gone or the agent hung up; a request
	// of the connection may still be running then.
	Closed(conn uint64)

	// Held counts the leases bound to the connection; one that holds some is never closed as idle.
	Held(conn uint64) int
}

// Reporter takes outcomes without a lease.
type Reporter interface {
	// Report counts all of the outcomes; when one names an unknown service or backend, none of them.
	Report(caller Caller, reports []wire.Report) error
}

// Services shows what is there. Its methods may block like Select.
type Services interface {
	// List gives all services, sorted by name.
	List(ctx context.Context) ([]wire.ServiceSummary, error)

	// Group gives one consistent moment of a service, in memory that the caller may change.
	Group(ctx context.Context, service string) (wire.Group, error)
}

// Explainer says why. Its methods may block like Select.
type Explainer interface {
	// Explain selects as Select does and shows that very selection. When nothing could be selected,
	// the explanation comes with the error, unless the service is not there.
	Explain(ctx context.Context, pick wire.Pick) (wire.Selection, wire.Explanation, error)

	// History gives the last changes of a service, the oldest first.
	History(ctx context.Context, service string) (wire.History, error)
}

// Feed follows changes.
type Feed interface {
	// Wait gives the group once its index is above index, and at the latest after wait or when ctx
	// ends with what is then.
	Wait(ctx context.Context, service string, index uint64, wait time.Duration) (wire.Group, error)

	// Watch emits a snapshot and then every change of the services, or of all if none is named, until
	// ctx ends or emit fails. It calls emit from one goroutine at a time, and waits while it blocks.
	Watch(ctx context.Context, services []string, emit func(wire.Event) error) error
}

// Registry changes which services the source "api" has; owned_by_source where another source rules.
type Registry interface {
	// Register registers or replaces a service and shows it as it then is; created says which.
	Register(ctx context.Context, service string, r wire.Registration) (group wire.Group, created bool, err error)

	// Unregister removes a service.
	Unregister(ctx context.Context, service string) error

	// Update gives a service a new list of backends; those at unchanged addresses keep their state.
	Update(ctx context.Context, service string, backends []wire.BackendSpec) (wire.Diff, error)
}

// Backends changes single backends of services that the source "api" has.
type Backends interface {
	// Add adds a backend, or changes the attributes of the one at that address; the diff says which.
	Add(ctx context.Context, service string, backend wire.BackendSpec) (wire.Diff, error)

	// Remove removes a backend; unknown_backend when there is none at that address.
	Remove(ctx context.Context, service, address string) error
}

// Operations sets the verdicts of a backend, whatever source it came from.
type Operations interface {
	// Mark sets the active verdict, as one probe would.
	Mark(ctx context.Context, service, address string, healthy bool) error

	// Administer sets the admin verdict to wire.AdminReady or wire.AdminDrain.
	Administer(ctx context.Context, service, address, state string) error
}

// Acceptor ends the doubt about what sources have withdrawn.
type Acceptor interface {
	// Accept sends away the backends of a service that are held, and returns once they are gone.
	Accept(ctx context.Context, service string) (wire.Accepted, error)
}

// Operator is what concerns the agent as a whole.
type Operator interface {
	// Agent describes the agent.
	Agent(ctx context.Context) (wire.AgentInfo, error)

	// Config gives the configuration in force as a value for encoding/json, its secrets redacted.
	Config(ctx context.Context) (any, error)

	// Reload applies the configuration anew, whole or not at all; bad_request with the faults.
	Reload(ctx context.Context) (wire.ReloadResult, error)
}

// Health says whether the agent can serve.
type Health interface {
	// Ready gives nil once every source has data or a kept snapshot, else not_ready with the reason.
	Ready() error
}
