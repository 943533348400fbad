package api

import (
	"cmp"
	"runtime"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Options are what a server can be told. The zero value is one with the contract's limits.
type Options struct {
	Logger hclog.Logger // nil: no log

	// Admins gives the uids that may change things besides root and the agent's user; nil: none. It is
	// called for each change and from any goroutine, so that a reload takes effect at once.
	Admins func() []uint32

	// AdminSocket is the path of the admin socket; where it is set, changes are accepted there only.
	AdminSocket string

	// Observe is told of every request that was answered, from any goroutine: its route's pattern, or
	// "unknown", its method, or "other", and the status. It must return at once. Nil: nobody is told. On
	// the fast lane only every sixteenth request of a connection is timed, and took is that of the last.
	Observe func(route, method string, status int, took time.Duration)

	// Observer gives what Observe is for one kind of request, which the fast lane asks for once and calls
	// from then on. Nil: Observe itself is called.
	Observer func(route, method string, status int) func(took time.Duration)

	Limits Limits
}

// Limits bound what one client can cost. A field that is zero has its default.
type Limits struct {
	HeaderBytes int           // of a request's header, as net/http counts; 8 KiB
	BodyBytes   int64         // of a request's body; 1 MiB
	Arrive      time.Duration // from a request's first byte to its last; 2 s
	Idle        time.Duration // without a request, on a connection that holds no lease; 60 s
	Write       time.Duration // for the other end to take one write of ours; 60 s
	Grace       time.Duration // for requests in flight at shutdown; 5 s
	Connections int           // at a time, on each socket; 1,024

	ConnectionsPerUser int // at a time, on each socket; 512
	StreamsPerUser     int // of GET /v1/watch, at a time; 256
	RequestsPerUser    int // a second, while other users ask too; 20,000 for each processor
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Admins == nil {
		o.Admins = func() []uint32 { return nil }
	}
	if o.Observe == nil {
		o.Observe = func(string, string, int, time.Duration) {}
	}
	if o.Observer == nil {
		observe := o.Observe
		o.Observer = func(route, method string, status int) func(time.Duration) {
			return func(took time.Duration) { observe(route, method, status, took) }
		}
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	return Limits{
		HeaderBytes: cmp.Or(l.HeaderBytes, 8<<10),
		BodyBytes:   cmp.Or(l.BodyBytes, 1<<20),
		Arrive:      cmp.Or(l.Arrive, 2*time.Second),
		Idle:        cmp.Or(l.Idle, 60*time.Second),
		Write:       cmp.Or(l.Write, 60*time.Second),
		Grace:       cmp.Or(l.Grace, 5*time.Second),
		Connections: cmp.Or(l.Connections, 1024),

		ConnectionsPerUser: cmp.Or(l.ConnectionsPerUser, 512),
		StreamsPerUser:     cmp.Or(l.StreamsPerUser, 256),
		RequestsPerUser:    cmp.Or(l.RequestsPerUser, 20_000*runtime.GOMAXPROCS(0)),
	}
}
