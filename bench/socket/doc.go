// Command socket measures what it costs to ask the agent over its UNIX socket, beside servers that do
// less: an echo server that reads the same bytes and writes the same answer, a second one as the
// control, net/http, nginx and a Consul agent. Every server is a process of its own, all run at the same
// time and are loaded in turn, round by round, so that whatever disturbs the machine disturbs all of them.
// It reports ratios to the echo server of the same round: median, least and most.
//
//	go build -o bin/remora ./cmd/remora && go run ./bench/socket -agent bin/remora
//
// A peer that is not installed is left out by name; a part that fails does not cost the others. CPU time is that of the server's process, without
// the client's.
//
//	main.go                          flags, the parts in order
//	select.go, lease.go, batch.go    what is measured
//	race.go, lap.go                  rounds, and the ratios of one server to another
//	report.go, aims.go               tables, plots, and what is aimed at
//	load.go                          the client: closed loop, one request at a time on each connection
//	child.go, agent.go, peers.go     the servers
//	cpu.go                           the CPU time of a process
package main
