// Package wire holds the JSON types that travel over the agent's socket, shared by the agent and by
// the clients. It has no behaviour but encoding. Durations on the wire are strings as
// time.ParseDuration reads them, unless the name says the unit.
package wire
