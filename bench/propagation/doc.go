// Command propagation measures how long a change of a real catalog takes to reach an application: from
// the moment that a write to etcd or Consul is acknowledged to the first select over the agent's socket
// that shows it. Beside the agent stands a bare client, which watches the same catalog with the same
// library and does nothing else, with a second one as the control, and consul-template, which renders a
// file from the same Consul. All of them wait for the same writes at the same time.
//
//	go build -o bin/remora ./cmd/remora && go run ./bench/propagation -agent bin/remora
//
// Each service has one backend, which moves between two addresses with every write, so a select either
// shows the write or does not. Every one who watches is a process of its own, as an application is, and tells when
// it saw which address. The one that selects is told of a write just before it is sent, and then selects
// every 50 µs until it gets the new address: a select without a pause would take a CPU from the catalog,
// the agent and the bare clients, and to be woken by a watch stream would add what that costs.
//
//	main.go                      flags, the parts in order
//	part.go                      one catalog, with all who watch it
//	etcd.go, consul.go           the catalogs, and the bare clients
//	agent.go, select.go          the agent, and who selects
//	template.go                  consul-template, and who reads its file
//	child.go, watcher.go         those who watch: inside, and as seen from here
//	write.go                     the writes, round by round
//	report.go                    what it came to
package main
