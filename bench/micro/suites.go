package main

// suite is some benchmarks of one package, which have a table together.
type suite struct {
	name    string // for -only
	title   string
	about   string
	folder  string // of the package
	pattern string // for go test -bench
	count   int    // times over; 0 is as the flag says
	units   []string
	limits  []limit
	plot    *plot
}

// Units of most benchmarks. Those of their own are in the tables with them.
var (
	timeAndMemory = []string{"ns/op", "B/op", "allocs/op"}
	timeAlone     = []string{"ns/op"}
)

// limit is what a unit of some of a suite's benchmarks is to come to at the most, in the median.
type limit struct {
	of   string // how the names begin
	unit string
	most float64
}

// plot draws one unit of a suite by one parameter of its benchmarks' names, with a line for each that has
// a name of its own in the first place.
type plot struct {
	name, title, x, y string
	by, unit          string
}

var suites = []suite{
	{
		name:    "embedded",
		title:   "Selecting inside an application, with client.Open",
		about:   "The last number of a name is how many backends there are; over the socket there is one.",
		folder:  "./client",
		pattern: "^Benchmark(BalancerSelect|BalancerAcquire|SocketSelect)$",
		units:   timeAndMemory,
		limits:  []limit{{"BalancerSelect", "ns/op", 60}, {"BalancerSelect", "allocs/op", 0}},
	},
	{
		name:    "select",
		title:   "Selecting, by strategy and backends",
		about:   "Every pick of `rendezvous` looks at every backend, by its nature.",
		folder:  "./balancer",
		pattern: "^BenchmarkSelectBackends$/./^weights=1$",
		units:   timeAndMemory,
		limits:  []limit{{"Select", "allocs/op", 0}},
		plot: &plot{
			name: "select", title: "Selecting inside the process by backends", x: "backends of the service", y: "ns a selection",
			by: "backends", unit: "ns/op",
		},
	},
	{
		name:  "services",
		title: "Selecting, by services loaded",
		about: "Names are asked for at random from the hot ones. Where those are many, what is measured is the CPU's cache: " +
			"each selection waits for memory that no other has touched lately.",
		folder:  "./balancer",
		pattern: "^BenchmarkSelectServices$",
		units:   timeAlone,
	},
	{
		name:    "change",
		title:   "Taking and releasing a connection, and marking a backend",
		about:   "A change costs in proportion to its own service, whatever else is loaded.",
		folder:  "./balancer",
		pattern: "^Benchmark(AcquireRelease|MarkHealth)$/^(round_robin|least_connections|p2c|peak_ewma|services=.*)$",
		units:   timeAndMemory,
	},
	{
		name:    "register",
		title:   "Registering services of ten backends",
		folder:  "./balancer",
		pattern: "^BenchmarkRegister$",
		count:   3,
		units:   []string{"ns/service"},
	},
	{
		name:    "memory",
		title:   "Memory of a backend in the balancer",
		about:   "A million backends, in services of so many. Once, since memory does not depend on the moment.",
		folder:  "./balancer",
		pattern: "^BenchmarkMemory$",
		count:   1,
		units:   []string{"B/backend"},
	},
	{
		name:    "lookup",
		title:   "Looking a key up in hash tables",
		folder:  "./balancer/hashing",
		pattern: `^BenchmarkLookup$/./^hosts=\d+$/^weights=\[1\]$`,
		units:   timeAlone,
	},
	{
		name:    "tables",
		title:   "Making hash tables",
		folder:  "./balancer/hashing",
		pattern: `^BenchmarkMake$/./^hosts=\d+$`,
		count:   3,
		units:   []string{"ns/op", "table-bytes"},
	},
	{
		name:    "outlier",
		title:   "Outlier detection: an outcome, and a sweep over all members",
		folder:  "./balancer/outlier",
		pattern: ".",
		units:   timeAndMemory,
	},
	{
		name:    "feedback",
		title:   "A report of an application",
		folder:  "./agent/feedback",
		pattern: ".",
		units:   timeAndMemory,
	},
	{
		name:    "lease",
		title:   "Leases: taking one and ending it, and the memory of one",
		folder:  "./agent/lease",
		pattern: ".",
		units:   []string{"ns/op", "allocs/op", "B/lease"},
	},
	{
		name:    "health",
		title:   "Taking in a list of 10,000 targets to probe",
		folder:  "./health",
		pattern: "^BenchmarkSetTargets$",
		units:   []string{"ns/target"},
	},
	{
		name:    "discovery",
		title:   "Catalogs: comparing two snapshots, and asking for a service",
		folder:  "./discovery",
		pattern: "^Benchmark(Compare|AskAndStatus)$",
		units:   timeAndMemory,
	},
	{
		name:    "feed",
		title:   "Telling followers of a change, by the services that others follow",
		folder:  "./agent/feed",
		pattern: ".",
		units:   timeAndMemory,
	},
}
