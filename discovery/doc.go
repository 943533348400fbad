// Package discovery turns what catalogs say about a service into one list of endpoints that the
// rest of the agent can trust.
//
// A [Provider] watches one catalog and publishes full snapshots. Everything that makes a catalog
// safe to depend on is done here once, for all providers: supervision with backoff, keeping the last
// good snapshot while a catalog fails, filters, merging several sources of one service, and passing on
// only what changed. Read README.md beside this file before writing a provider.
//
// The package imports neither balancer nor health: package agent translates between them.
package discovery
