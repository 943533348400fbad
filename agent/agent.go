package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/demo"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/agent/feedback"
	"github.com/remora-agent/remora/agent/lease"
	"github.com/remora-agent/remora/agent/metrics"
	"github.com/remora-agent/remora/agent/socket"
	"github.com/remora-agent/remora/agent/supervisor"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// Options are what the command line says.
type Options struct {
	ConfigPaths []string        // files and folders; none: the defaults
	Dev         bool            // development mode: a service "demo" inside the process
	Socket      string          // instead of the configuration's; empty: that one
	Version     string          // as the agent reports it
	Reload      <-chan struct{} // each value asks for a reload; may be nil
	Stdout      io.Writer       // what development mode prints
	Stderr      io.Writer       // the log

	Supervisor supervisor.Environment // what started the agent; its sockets are the agent's to close

	clock func() time.Time // the wall clock, which tests set
}

// Agent is one agent. Its parts are made by New and run by Run.
type Agent struct {
	options Options
	log     hclog.Logger
	started time.Time
	config  atomic.Pointer[config.Config] // in force

	supervisor *supervisor.Notifier
	pulse      chan struct{} // taken by the balancer's tick, which so shows that it goes on

	reloading sync.Mutex // one reload at a time
	providers *providers // changed by reloads only

	groups   *groups
	feedback *feedback.Feedback
	damper   *damper
	catalog  *discovery.Catalog
	checker  *health.Checker
	leases   *lease.Table
	uses     *uses
	doubts   *doubts
	hub      *feed.Hub
	metrics  *metrics.Metrics
	server   *api.Server
	demo     *demo.Demo // nil but in development mode
	data     data

	listeners []api.Listener // of server
	ticks     atomic.Uint32  // how often tick has come
	telemetry net.Listener   // nil: none
}

// Run makes an agent and runs it until ctx ends. A configuration with faults is a config.Faults. It
// returns nil after an orderly shutdown.
func Run(ctx context.Context, o Options) error {
	a, err := New(ctx, o)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// New reads the configuration, makes all parts and opens the sockets. Nothing runs yet, and after an
// error nothing is left open.
func New(ctx context.Context, o Options) (_ *Agent, err error) {
	if o.clock == nil {
		o.clock = time.Now
	}
	a := &Agent{options: o, started: time.Now(), pulse: make(chan struct{})}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if o.Dev {
		if a.demo, err = demo.Start(ctx); err != nil {
			return nil, fmt.Errorf("start demo backends: %w", err)
		}
	}
	c, err := a.load()
	if err != nil {
		return nil, err
	}
	a.log = hclog.New(&hclog.LoggerOptions{
		Name:       "remora",
		Level:      hclog.LevelFromString(c.LogLevel),
		JSONFormat: c.LogJSON,
		Output:     o.Stderr,
	})
	a.supervisor = supervisor.NewNotifier(o.Supervisor, a.log.Named("supervisor"))
	kept, err := a.openData(c)
	if err != nil {
		return nil, err
	}
	a.build(c, firstIndex(o.clock(), kept.Meta))
	if err := a.apply(c); err != nil {
		return nil, err
	}
	a.recall(kept, o.clock())
	return a, a.listen(c)
}

// build makes the parts. Arrows between them point from what answers to what knows.
func (a *Agent) build(c *config.Config, firstIndex uint64) {
	a.groups = &groups{log: a.log, history: &feed.History{}}
	a.hub = feed.New(a.groups)
	a.groups.lb = balancer.New(
		balancer.FirstIndex(firstIndex),
		balancer.OnPublish(func(service string, _ uint64) {
			a.hub.Changed(service)
			a.data.changed()
		}),
	)
	a.checker = health.New(health.Options{
		Sink:        a.groups,
		MaxInFlight: c.Health.MaxInFlight,
		Logger:      a.log.Named("health"),
	})
	a.groups.checker = a.checker
	a.feedback = feedback.New(feedback.Options{Ejector: a.groups, Logger: a.log.Named("feedback")})
	a.groups.feedback = a.feedback
	a.damper = newDamper()
	a.groups.watchFlaps(a.damper)
	a.leases = lease.New(lease.DefaultLimits)
	a.uses = newUses()
	a.catalog = discovery.NewCatalog(a.log, a.groups, discovery.WithKeep(func(service string) bool {
		return a.leases.CountOf(service) > 0 || a.hub.Follows(service)
	}))
	a.groups.age, a.groups.holds = a.age, a.catalog
	a.groups.changed = a.data.changed
	a.doubts = newDoubts(a.groups.doubt)
	a.providers = newProviders(a.log)
	a.metrics = metrics.New(a.options.Version, a)
	a.server = api.New(a.core(), a.apiOptions(c))
}

// core is what the API calls.
func (a *Agent) core() api.Core {
	selecting := &selector{groups: a.groups, catalog: a.catalog, served: a.metrics.Served, failed: a.countFailed}
	leasing := leases{selecting, a.leases, a.feedback, a.uses, &a.data, a.doubts}
	showing := services{selecting, a.hub}
	return api.Core{
		Selector:    selecting,
		Leases:      leasing,
		Fast:        fast{leasing, a.metrics.Selections, &a.ticks},
		Connections: leasing,
		Reporter:    leasing,
		Services:    showing,
		Explainer:   showing,
		Feed:        showing,
		Registry:    a.groups,
		Backends:    a.groups,
		Operations:  a.groups,
		Acceptor:    a.groups,
		Operator:    operator{a},
		Health:      operator{a},
		Metrics:     a.metrics.Handler(),
	}
}

func (a *Agent) apiOptions(c *config.Config) api.Options {
	return api.Options{
		Logger:      a.log.Named("api"),
		Admins:      func() []uint32 { return a.config.Load().API.AdminUIDs },
		AdminSocket: c.API.AdminSocket,
		Observe:     a.metrics.Requested,
		Observer:    a.metrics.Requests,
		Limits:      limits(c),
	}
}

// listen opens what the agent answers on, or takes over what its supervisor opened.
func (a *Agent) listen(c *config.Config) error {
	a.warnOfLimits(c)
	inherited, err := socket.Inherit(a.options.Supervisor.Sockets)
	if err != nil {
		return err
	}
	defer inherited.Close()
	paths := []string{c.API.Socket}
	if c.API.AdminSocket != "" {
		paths = append(paths, c.API.AdminSocket)
	}
	for i, path := range paths {
		l, err := inherited.Listen(socket.Options{
			Path:   path,
			Mode:   c.API.Mode,
			Group:  c.API.Group,
			Logger: a.log.Named("socket"),
		})
		if err != nil {
			return err
		}
		a.listeners = append(a.listeners, api.Listener{Listener: l, Admin: i > 0})
	}
	if err := inherited.Rest(); err != nil {
		return err
	}
	if c.Telemetry.Listen == "" {
		return nil
	}
	if a.telemetry, err = net.Listen("tcp", c.Telemetry.Listen); err != nil {
		return fmt.Errorf("listen for telemetry: %w", err)
	}
	return nil
}

// Run serves until ctx ends or a part fails. On the way out it stops accepting, finishes what is in
// flight, then stops health, then discovery. Call it once.
func (a *Agent) Run(ctx context.Context) error {
	a.log.Info("serving", "version", a.options.Version, "config", a.options.ConfigPaths)
	stages := []stage{
		{"discovery", a.catalog.Run},
		{"leases", a.leases.Run},
		{"state", a.data.run}, // ends before the leases do, which it is to find
		{"ticks", a.tick},
		{"reloads", func(ctx context.Context) error { return a.reloadOn(ctx, a.options.Reload) }},
	}
	if a.demo != nil {
		stages = append(stages, stage{"demo", a.demo.Run}, stage{"greeting", a.greet})
	}
	stages = append(stages, stage{"health", a.checker.Run}, stage{"feedback", a.feedback.Run}, stage{"damping", a.damper.Run})
	if a.telemetry != nil {
		telemetry := api.NewTelemetry(a.core(), a.apiOptions(a.config.Load()))
		stages = append(stages, stage{"telemetry", func(ctx context.Context) error {
			return telemetry.Serve(ctx, api.Listener{Listener: a.telemetry})
		}})
	}
	stages = append(stages, stage{"api", a.serve}, stage{"watchdog", func(ctx context.Context) error {
		return a.supervisor.Watch(ctx, a.options.Supervisor.Watchdog, a.alive)
	}})
	err := runStages(ctx, stages)
	a.data.close()
	a.log.Info("stopped")
	return err
}

// serve answers until ctx ends, once what the configuration itself lists and what was kept is in place: who
// connects before waits in the kernel's queue. A client that would not take its answer in time is no fault of
// the agent's: the shutdown is in order all the same.
func (a *Agent) serve(ctx context.Context) error {
	a.awaitStatic(ctx)
	told := make(chan struct{})
	untold := context.AfterFunc(ctx, func() { a.supervisor.Stopping(); close(told) })
	defer func() {
		if !untold() {
			<-told
		}
	}()
	a.supervisor.Ready(a.status())
	err := a.server.Serve(ctx, a.listeners...)
	if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("requests were cut off at shutdown", "error", err)
		return nil
	}
	return err
}

// awaitStatic waits for the services that need no catalog, and for those that are known from before a
// restart, at most as long as a select would.
func (a *Agent) awaitStatic(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	for _, s := range a.config.Load().Services {
		if len(s.Sources) == 1 && s.Sources[0].Provider == config.SourceStatic {
			_, _ = a.catalog.Wait(ctx, s.Name) // too late is no reason not to serve the others
		}
	}
	a.catalog.AwaitRecalled(ctx)
}

// tick lets the balancer's time pass.
func (a *Agent) tick(ctx context.Context) error {
	ticker := time.NewTicker(balancer.TickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			a.groups.lb.Tick()
			a.ticks.Add(1)
		case <-a.pulse:
		case <-ctx.Done():
			return nil
		}
	}
}

// close gives back what New opened.
func (a *Agent) close() {
	for _, l := range a.listeners {
		_ = l.Close()
	}
	if a.telemetry != nil {
		_ = a.telemetry.Close()
	}
	if a.demo != nil {
		_ = a.demo.Close()
	}
	a.data.close()
	for _, f := range a.options.Supervisor.Sockets {
		_ = f.Close() // most likely it is closed
	}
}
