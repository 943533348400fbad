// Command health measures what probing costs an agent: thousands of targets, each an address of its own
// of the loopback network, probed over TCP at an interval of 10 s. This program is all the targets at
// once, behind one listener, and writes down when each is probed; the agent is the binary that users run.
//
//	go build -o bin/remora ./cmd/remora && go run ./bench/health -agent bin/remora
//
//	main.go                       flags, and the measuring in order
//	targets.go                    the backends that are probed
//	loopback_linux.go, _other.go  a listener that only this host reaches
//	agent.go                      the agent, with all of them in its configuration
//	report.go                     the tables
package main
