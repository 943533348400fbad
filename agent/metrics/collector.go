package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Source describes the agent at the moment of a scrape.
type Source interface {
	// State is called for each scrape, from any goroutine, and must not block.
	State() State
}

// State is what the rooms of an agent count by themselves.
type State struct {
	Providers   []Provider
	Services    []Service
	Probes      []Probes
	Distinct    int     // probes: pairs of address and check
	InFlight    int     // probes that are running
	TimedOut    int     // of those, the ones that timed out the last time
	Lateness    float64 // seconds that the latest probe waited after it was due
	Targets     int     // backends that are probed
	Leases      int
	Connections int
	Users       []User
	NotAccepted uint64 // connections, each time that the system could not give one
	Disk        *Disk  // nil: the agent keeps nothing on disk
}

// User is one user of the host in a State.
type User struct {
	Name                                                string // the uid
	Connections                                         int
	RefusedConnections, RefusedStreams, RefusedRequests uint64
}

// Provider is one provider of a State.
type Provider struct {
	Name, Type               string
	Services                 int
	Ready, Stale             bool
	AgeSeconds               float64 // negative before the first answer
	Updates, Errors, Dropped uint64
	Rechecks                 uint64 // because applications could not use what it lists
	Load                     *Load  // nil when the provider does not count

	Credentials *Credentials // nil when the provider shows none
}

// Credentials is how those of a provider are doing.
type Credentials struct {
	Refused     bool    // what the files hold now is not in use
	ExpiresUnix float64 // seconds since 1970 of the certificate's end; 0: there is none
}

// Load is what a provider costs its catalog.
type Load struct {
	Queries, SentBytes, ReceivedBytes uint64
	Connections                       int
	DelaySeconds                      float64 // the longest wait for a turn on a connection, lately
}

// Service is one service of a State.
type Service struct {
	Name              string
	Backends, Healthy int
	Held              int // withdrawn by the sources, and there until that is believed
	Stale             bool

	// What applications reported.
	Successes, Failures, Limited uint64
	Ejected                      int    // backends, now
	Ejections                    uint64 // ever

	Damped   int    // backends that flap and are held down, now
	Dampings uint64 // ever
}

// add puts one more service into a sum.
func (s *Service) add(other Service) {
	s.Backends += other.Backends
	s.Healthy += other.Healthy
	s.Held += other.Held
	s.Stale = s.Stale || other.Stale
	s.Successes += other.Successes
	s.Failures += other.Failures
	s.Limited += other.Limited
	s.Ejected += other.Ejected
	s.Ejections += other.Ejections
	s.Damped += other.Damped
	s.Dampings += other.Dampings
}

// Probes is a number of probes of one type with one result.
type Probes struct {
	Type, Result string
	Count        uint64
}

// collector turns a State into metrics.
type collector struct {
	source Source
	labels *labels
}

func newCollector(source Source, l *labels) *collector { return &collector{source, l} }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("remora_"+name, help, labels, nil)
}

var (
	providerServices = desc("provider_services", "Services that the provider watches.", "provider", "type")
	providerReady    = desc("provider_ready", "1 when every service that the provider must watch has data.", "provider", "type")
	providerStale    = desc("provider_stale", "1 when the provider's last attempt failed for a service.", "provider", "type")
	providerAge      = desc("provider_age_seconds", "Time since the provider's last completed answer; absent before the first.", "provider", "type")
	providerUpdates  = desc("provider_updates_total", "Snapshots that differed from the one before.", "provider", "type")
	providerErrors   = desc("provider_errors_total", "Attempts that failed.", "provider", "type")
	providerDropped  = desc("provider_dropped_entries_total", "Entries that made no sense and were left out.", "provider", "type")
	providerRechecks = desc("provider_rechecks_total", "Times that the catalog was asked again because applications reported failures of what it lists.", "provider", "type")

	providerQueries     = desc("provider_queries_total", "Queries sent to the catalog.", "provider", "type")
	providerSent        = desc("provider_sent_bytes_total", "Bytes sent to the catalog, as they are on the wire.", "provider", "type")
	providerReceived    = desc("provider_received_bytes_total", "Bytes received from the catalog, as they are on the wire.", "provider", "type")
	providerConnections = desc("provider_connections", "Connections to the catalog.", "provider", "type")
	providerRefused     = desc("provider_credentials_refused", "1 while the files of a token, a password or a certificate hold what can't be used, and what they held before is.", "provider", "type")
	providerExpires     = desc("provider_certificate_expiry_timestamp_seconds", "When the certificate in use expires, in seconds since 1970.", "provider", "type")
	providerDelay       = desc("provider_delay_seconds", "The longest that a query waited for its turn on a connection, lately.", "provider", "type")

	services         = desc("services", "Services that the agent can answer for.")
	serviceBackends  = desc("service_backends", "Backends of the service.", "service")
	serviceHealthy   = desc("service_healthy_backends", "Healthy backends of the service.", "service")
	heldBackends     = desc("held_backends", "Backends that the sources of the service have withdrawn and that are held, because so many at once may be a mistake.", "service")
	serviceOutcomes  = desc("service_outcomes_total", "Outcomes that applications reported; limited are those not heard because their user reported too many.", "service", "outcome")
	serviceEjected   = desc("service_ejected_backends", "Backends that outlier detection keeps out now.", "service")
	serviceEjections = desc("service_ejections_total", "Ejections by outlier detection.", "service")
	serviceDamped    = desc("service_damped_backends", "Backends that flap and are held down now.", "service")
	serviceDampings  = desc("service_dampings_total", "Times that a backend was held down because it flapped.", "service")
	serviceStale     = desc("service_stale", "1 when a source of the service has not answered its last query.", "service")

	probes         = desc("probes_total", "Health probes by type and result; local means that this host could not probe.", "type", "result")
	probesDistinct = desc("probes_distinct", "Distinct pairs of address and check that are probed.")
	probesInFlight = desc("probes_in_flight", "Health probes that are running.")
	probesTimedOut = desc("probes_in_flight_timed_out", "Health probes that are running and whose last one timed out.")
	probeLateness  = desc("probe_lateness_seconds", "The longest that a probe waited after it was due, lately.")
	probeTargets   = desc("probe_targets", "Backends that are probed, counted once for each service.")

	leases      = desc("leases", "Leases that have not ended.")
	connections = desc("api_connections", "Connections to the agent's sockets.")
	notAccepted = desc("api_accept_failures_total", "Times that no connection could be accepted, for lack of file descriptors or memory.")

	userConnections = desc("user_connections", "Connections of one user to the agent's sockets.", "uid")
	userRefused     = desc("user_refused_total", "What one user asked for and did not get because of the user's limits.", "uid", "what")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		providerServices, providerReady, providerStale, providerAge, providerUpdates, providerErrors, providerDropped, providerRechecks,
		providerQueries, providerSent, providerReceived, providerConnections, providerDelay, providerRefused, providerExpires,
		services, serviceBackends, serviceHealthy, heldBackends, serviceStale, serviceOutcomes, serviceEjected, serviceEjections, serviceDamped, serviceDampings,
		probes, probesDistinct, probesInFlight, probesTimedOut, probeLateness, probeTargets, leases, connections,
		notAccepted, userConnections, userRefused,
	} {
		descs <- d
	}
	for _, d := range diskDescs {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	state, out := c.source.State(), emitter(metrics)
	for _, p := range state.Providers {
		out.provider(p)
	}
	out.gauge(services, float64(len(state.Services)))
	c.services(state.Services, out)
	for _, p := range state.Probes {
		out.counter(probes, p.Count, p.Type, p.Result)
	}
	out.gauge(probesDistinct, float64(state.Distinct))
	out.gauge(probesInFlight, float64(state.InFlight))
	out.gauge(probesTimedOut, float64(state.TimedOut))
	out.gauge(probeLateness, state.Lateness)
	out.gauge(probeTargets, float64(state.Targets))
	out.gauge(leases, float64(state.Leases))
	out.gauge(connections, float64(state.Connections))
	out.counter(notAccepted, state.NotAccepted)
	for _, u := range state.Users {
		out.user(u)
	}
	out.disk(state.Disk)
}

// services shows each service that has a label of its own, and the sums of the others.
func (c *collector) services(all []Service, out emitter) {
	rest, others := Service{Name: other}, false
	for _, s := range all {
		if c.labels.of(s.Name) == s.Name {
			out.service(s)
			continue
		}
		others = true
		rest.add(s)
	}
	if others {
		out.service(rest)
	}
}

type emitter chan<- prometheus.Metric

func (out emitter) gauge(d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (out emitter) counter(d *prometheus.Desc, value uint64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

func (out emitter) provider(p Provider) {
	out.gauge(providerServices, float64(p.Services), p.Name, p.Type)
	out.gauge(providerReady, flag(p.Ready), p.Name, p.Type)
	out.gauge(providerStale, flag(p.Stale), p.Name, p.Type)
	if p.AgeSeconds >= 0 {
		out.gauge(providerAge, p.AgeSeconds, p.Name, p.Type)
	}
	out.counter(providerUpdates, p.Updates, p.Name, p.Type)
	out.counter(providerErrors, p.Errors, p.Name, p.Type)
	out.counter(providerDropped, p.Dropped, p.Name, p.Type)
	out.counter(providerRechecks, p.Rechecks, p.Name, p.Type)
	if c := p.Credentials; c != nil {
		out.gauge(providerRefused, flag(c.Refused), p.Name, p.Type)
		if c.ExpiresUnix > 0 {
			out.gauge(providerExpires, c.ExpiresUnix, p.Name, p.Type)
		}
	}
	if load := p.Load; load != nil {
		out.counter(providerQueries, load.Queries, p.Name, p.Type)
		out.counter(providerSent, load.SentBytes, p.Name, p.Type)
		out.counter(providerReceived, load.ReceivedBytes, p.Name, p.Type)
		out.gauge(providerConnections, float64(load.Connections), p.Name, p.Type)
		out.gauge(providerDelay, load.DelaySeconds, p.Name, p.Type)
	}
}

func (out emitter) service(s Service) {
	out.gauge(serviceBackends, float64(s.Backends), s.Name)
	out.gauge(serviceHealthy, float64(s.Healthy), s.Name)
	out.gauge(heldBackends, float64(s.Held), s.Name)
	out.gauge(serviceStale, flag(s.Stale), s.Name)
	out.counter(serviceOutcomes, s.Successes, s.Name, "success")
	out.counter(serviceOutcomes, s.Failures, s.Name, "failure")
	out.counter(serviceOutcomes, s.Limited, s.Name, "limited")
	out.gauge(serviceEjected, float64(s.Ejected), s.Name)
	out.counter(serviceEjections, s.Ejections, s.Name)
	out.gauge(serviceDamped, float64(s.Damped), s.Name)
	out.counter(serviceDampings, s.Dampings, s.Name)
}

func (out emitter) user(u User) {
	out.gauge(userConnections, float64(u.Connections), u.Name)
	out.counter(userRefused, u.RefusedConnections, u.Name, "connection")
	out.counter(userRefused, u.RefusedStreams, u.Name, "stream")
	out.counter(userRefused, u.RefusedRequests, u.Name, "request")
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
