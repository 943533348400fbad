// Package agent makes one program of the rooms below it: discovery says which endpoints there are,
// balancer chooses among them, health says which of them work, and package api answers applications.
// Those packages do not know each other; what passes between them is translated here.
//
// Start with agent.go, which wires everything and says in which order it starts and stops. groups.go
// decides which services there are and to whom they belong. The files named after a part of the API
// (selector, leases, registry, …) implement the interfaces of api.Core.
package agent
