// Command scale measures what an agent costs as its catalog grows, and what a change costs in catalogs of
// different size. A real etcd, and a real Consul, hold the services; the agent is the binary that users
// run, as a process of its own, and imports all of them. Beside it stands a process that does nothing but
// watch the same etcd through the same library, which is the least that following a catalog can cost.
//
//	go build -o bin/remora ./cmd/remora && go run ./bench/scale -agent bin/remora
//
//	main.go               flags, the catalogs in order
//	catalog.go            what the catalogs hold, and a change of it
//	etcd.go, consul.go    the registries, filled and changed
//	agent.go              the agent: started, asked, metered
//	watcher.go            the bare watcher, which is the control
//	measure.go            one catalog: ready, memory, at rest
//	change.go, load.go    what changes cost, made at an even rate
//	report.go             the tables and plots
//	inside.go             -profile: the agent inside this program, with profiles
package main
