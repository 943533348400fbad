// Package process starts the servers that benchmarks measure, and meters them from outside: their time on
// a CPU, their memory, their threads. What a server costs so is free of what its clients cost, and the
// server is the binary that users run.
//
//	process.go   a child process, from start to end
//	agent.go     an agent, started and asked
//	meter.go     what it has used, as the kernel counts it
//	ports.go     addresses that are free
package process
