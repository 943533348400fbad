package config

import (
	"io/fs"
	"time"

	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/discovery"
)

// Config is a whole, valid configuration with every default filled in. It is not changed after Load
// returns it, so that it may be read concurrently; whoever edits one edits a copy.
type Config struct {
	LogLevel  string // trace, debug, info, warn, error or off
	LogJSON   bool
	DataDir   string // empty: nothing is kept on disk
	AgentID   string // tells this agent from others when they share out subsets; empty: the name of the host
	API       API
	Telemetry Telemetry
	Locality  Locality
	Health    Health
	Providers []Provider // in the order written: earlier ones win over later ones
	Defaults  Defaults
	Services  []Service // in the order written
}

// API is where and to whom the agent answers.
type API struct {
	Socket      string      // path of the UNIX socket; at most 107 bytes
	Mode        fs.FileMode // permission bits only
	Group       string      // name or id of the socket's group; empty: the agent's own
	AdminUIDs   []uint32    // may change things, besides root and the agent's user
	AdminSocket string      // when set, changes are accepted there only

	MaxConnections       int // at a time, on each socket
	MaxConnectionsPerUID int // of those; one user never gets more than are free
	MaxStreamsPerUID     int // streams of changes at a time
	MaxRequestsPerUID    int // a second, while other users ask too; 0: 20,000 for each processor
}

// Telemetry is where the agent answers over TCP.
type Telemetry struct {
	Listen string // host:port; empty: nowhere
}

// Locality is where the host stands.
type Locality struct {
	Zone string // empty: unknown
}

// Health bounds the work of health checking as a whole.
type Health struct {
	MaxInFlight int // probes at a time
}

// Defaults is what services get that do not say otherwise, and all that those get which are watched
// because a provider's globs permit them.
type Defaults struct {
	Balance
	HealthCheck *HealthCheck      // nil: not probed
	Outliers    *outlier.Settings // nil: not looked for
}

// HealthCheck is how the backends of a service are probed. Fields that do not apply to Type are
// zero, so that two checks which do the same are equal.
type HealthCheck struct {
	Type               string // tcp, http or grpc
	Interval           time.Duration
	Timeout            time.Duration // may be longer than Interval: a round that falls due meanwhile is skipped
	HealthyThreshold   int           // successes in a row that make a failed backend healthy
	UnhealthyThreshold int           // failures in a row that make a healthy backend failed

	Method         string // of http
	Path           string // of http: with the query, if any
	ExpectedStatus string // of http: codes and ranges, such as 200-299,301
	GRPCService    string // of grpc: the service asked for; empty: the server as a whole

	Host          string // of http and grpc: the Host header or :authority; empty: the address
	TLS           bool   // of http and grpc
	TLSSkipVerify bool   // with TLS, as the fields below
	TLSServerName string // empty: Host, else the host of the address
	TLSCAFile     string // empty: the system's roots
}

// The values of Provider.Import.
const (
	ImportOnDemand = "on_demand" // watch a permitted service once an application asks for it
	ImportAll      = "all"       // watch every permitted service as it comes and goes
)

// The names of sources that are not providers of the configuration.
const (
	SourceStatic = "static" // backend blocks
	SourceAPI    = "api"    // services registered over the API
)

// Provider is one catalog.
type Provider struct {
	Type        string // etcd or consul; says which of the fields below is set
	Name        string // unique across types
	Services    []string
	Import      string        // ImportOnDemand or ImportAll
	IdleTimeout time.Duration // how long an on-demand service is watched after its last use

	Etcd   *Etcd
	Consul *Consul
}

// Etcd is how to reach an etcd and where in it the services are.
type Etcd struct {
	Endpoints    []string // http://host:port, https://host:port or host:port
	Prefix       string   // ends in /
	Username     string
	Password     Secret
	PasswordFile string // instead of Password
	TLS          *TLS   // nil: the system's roots and no client certificate
}

// Consul is how to reach a Consul agent or server.
type Consul struct {
	Address        string // host:port, http://…, https://… or unix:///…
	Token          Secret
	TokenFile      string // instead of Token
	Datacenter     string
	Namespace      string
	Stale          bool
	MaxConnections int
	MaxBodyBytes   int // of one answer, unpacked
	TLS            *TLS
}

// TLS is how to verify a server and what to show it. Files are read by whoever connects, since they
// may change while the agent runs.
type TLS struct {
	CAFile             string
	CertFile           string // comes with KeyFile
	KeyFile            string // comes with CertFile
	ServerName         string
	InsecureSkipVerify bool
}

// Service is one group of backends that applications may ask for.
type Service struct {
	Name string
	Balance

	// Sources are in the order written. Where the service has backends of its own, SourceStatic
	// stands at the place of the first of them.
	Sources     []Source
	Backends    []discovery.Endpoint // canonical addresses, each once
	HealthCheck *HealthCheck         // nil: not probed
	Outliers    *outlier.Settings    // nil: not looked for
}

// Source is a provider as one service uses it.
type Source struct {
	Provider string   // a provider's name, or SourceStatic
	Name     string   // the service's name in the catalog
	Tags     []string // only endpoints that carry all of these
	Filter   string   // only those that match; of consul an expression for its API, else for discovery
	Priority int      // of the tier of those that have none of their own: 0 to 255, lower ones first

	Datacenter string // of consul, as are the fields below; empty: as the provider says
	Namespace  string
	Stale      bool
}
