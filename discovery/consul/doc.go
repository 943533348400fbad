// Package consul watches services in a Consul catalog.
//
// Each watched service costs one blocking query: Consul answers when something has changed, or after
// a minute. It is asked for every instance, not only for the passing ones, so that one whose checks
// flap stays listed and keeps its state; its worst check becomes its status.
//
//	Watch of "web" ── position ──┐            ┌── connection ── /v1/health/service/web
//	Watch of "db"  ── position ──┼── pool ────┤
//	List           ── position ──┘  turns     └── connection ── /v1/catalog/services
//	                                 ▲
//	Run ── token and certificate files, lookout
//
// One more query, the lookout's, is repeated every second while Consul does not answer, and once it does,
// all that wait after failures are woken. It also notices that a snapshot was restored: those that are
// waiting would otherwise not be answered before their time is up.
//
// What an answer means is decided by a position, which is pure: whether the next query may carry an
// index, and whether an answer that takes everything away must be confirmed first. Buckets bound how
// often a server that answers at once is asked again. The pool owns the connections, which are what
// is scarce in a Consul: over HTTPS hundreds of queries share one, over plain HTTP services take turns
// when there are more of them than connections.
//
// The client library is used for what it does well: the types, the encoding of requests and TLS. What
// it leaves open is done here: a cap on bodies, connections that are kept and bounded, deadlines,
// files that are read again, and no say for the environment of the process.
package consul
