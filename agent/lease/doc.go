// Package lease keeps the table of leases: tracked uses of a backend, each of which counts one active
// connection there until it ends.
//
// A lease ends exactly once, whatever races: by [Table.End], by the end of the connection that took
// it ([Table.EndOwner]), when its time is up ([Table.Run]), or with the agent (Run again). Whoever
// takes an entry out of the table under its mutex calls the release, after unlocking; all others
// find no entry. Nothing is remembered of leases and connections that are gone.
//
// The id of a lease is unguessable, so that whoever shows it may end or renew the lease. No other
// check is made: a process may hand its lease to another one.
package lease
