package arrows

// rule says what the packages of one room may import. Patterns are relative to the module in room and
// ours, and import paths in outside and never; "x/..." is x and all below it.
type rule struct {
	room    string
	ours    []string // packages of this module that it may import
	outside []string // those of other modules; "..." is any, none means the standard library only
	never   []string // packages of the standard library that it must not import
	reason  string
}

// outsideWorld is what reaches out of the process, or writes to a log.
var outsideWorld = []string{"log", "log/slog", "net", "net/http", "os", "os/exec", "syscall"}

// rules are looked through from the top; the first whose room fits a package is the one that counts.
var rules = []rule{
	{
		room:    "balancer/hashing/...",
		ours:    []string{"balancer/hashing/..."},
		outside: []string{"github.com/cespare/xxhash/v2"},
		never:   outsideWorld,
		reason: "pure tables for package balancer; Envoy's and gRPC's tables are made with xxHash64, which the " +
			"standard library lacks, and that module has no dependencies of its own",
	},
	{
		room:   "balancer/...",
		ours:   []string{"balancer/..."},
		never:  outsideWorld,
		reason: "applications select inside their own process with it: no I/O, no logging, nothing to pull in",
	},
	{
		room:    "discovery/etcd/...",
		ours:    []string{"discovery/..."},
		outside: []string{"..."},
		reason:  "a provider translates its catalog into snapshots; package agent takes them from there",
	},
	{
		room:    "discovery/consul/...",
		ours:    []string{"discovery/..."},
		outside: []string{"github.com/hashicorp/consul/api", "github.com/hashicorp/go-hclog"},
		reason:  "a provider translates its catalog into snapshots; package agent takes them from there",
	},
	{
		room:    "discovery/...",
		ours:    []string{"discovery/..."},
		outside: []string{"github.com/hashicorp/go-bexpr/...", "github.com/hashicorp/go-hclog", "golang.org/x/..."},
		reason: "filters are written in the language of go-bexpr, whatever the catalog; discovery, balancer and health never import each other, package agent translates; " +
			"and a catalog's client library stays in the folder of its provider",
	},
	{
		room:    "health/...",
		ours:    []string{"health/..."},
		outside: []string{"github.com/hashicorp/go-hclog", "golang.org/x/...", "google.golang.org/grpc/..."},
		reason:  "discovery, balancer and health never import each other: package agent translates",
	},
	{
		room:   "client/wire/...",
		reason: "agent and applications share these types, so they must cost neither of them anything",
	},
	{
		room:    "client/grpcresolver/...",
		ours:    []string{"balancer/...", "client/..."},
		outside: []string{"google.golang.org/grpc/..."},
		reason:  "it lives apart from client for the sake of gRPC, and needs nothing else",
	},
	{
		room:   "client/...",
		ours:   []string{"balancer/...", "client/..."},
		reason: "applications import it: it must stay light and know nothing of the agent's inside",
	},
	{
		room:    "agent/api/...",
		ours:    []string{"agent/api/...", "agent/fair", "agent/feed", "agent/peer", "client/wire", "discovery"},
		outside: []string{"github.com/hashicorp/go-hclog", "golang.org/x/..."},
		reason:  "the api knows HTTP and decides nothing: package agent stands between it and the rest",
	},
	{
		room:   "agent/fair/...",
		never:  outsideWorld,
		reason: "it knows users by number, and nothing of what they ask for",
	},
	{
		room:    "agent/state/...",
		outside: []string{"github.com/hashicorp/go-hclog", "golang.org/x/sys/unix"},
		reason:  "it knows the form of the file and not what it means: package agent translates",
	},
	{
		room:    "agent/supervisor/...",
		outside: []string{"github.com/coreos/go-systemd/v22/...", "github.com/hashicorp/go-hclog", "golang.org/x/..."},
		reason:  "it talks to what started the agent, and is told what to say",
	},
	{
		room:    "agent/...",
		ours:    []string{"agent/...", "balancer/...", "client/wire", "discovery/...", "health/..."},
		outside: []string{"..."},
		reason:  "the agent wires the lower rooms together; it is no client of itself",
	},
	{
		room:    "cmd/...",
		ours:    []string{"agent/...", "client/..."},
		outside: []string{"..."},
		reason:  "a command starts an agent or asks one; what it needs of the lower rooms, agent offers",
	},
	{
		room:   "deploy/...",
		ours:   []string{"agent"},
		reason: "its tests hold the units against the agent",
	},
	{
		room:    "bench/...",
		ours:    []string{"agent/...", "balancer/...", "bench/...", "client/...", "discovery/...", "health/...", "internal/testbed"},
		outside: []string{"..."},
		reason:  "benchmarks and simulations use what they measure, and nobody uses them",
	},
	{
		room:    "internal/...",
		ours:    []string{"internal/..."},
		outside: []string{"..."},
		reason:  "the tests of every room use it, so it can use none of them",
	},
}
