// Package state keeps on disk what an agent must not forget when it is restarted: the last good lists of
// its sources, services registered over the API, drains, ejections, verdicts, latencies and leases.
//
// It knows the form of the file and how to write it so that a crash at any moment leaves the old file or
// the new one, and nothing in between; what the contents mean is package agent's affair. A [Folder] is
// the data_dir, held by one agent at a time. It is read once ([Folder.Load]) and then written anew as a
// whole by a [Keeper], which decides when: soon after a change, but never so often that writing takes
// more than a small part of the time, and never in the way of anything else.
//
// The file is a header and records. The header has a magic number, a version, and the length and CRC32C
// of the records, so that a file that was cut off or damaged is known as such before anything in it is
// believed. Each record is a [Service] or a [Lease], with its length before it; both are written and read
// one at a time. Times are kept as ages at the moment of writing, so that a clock that is set meanwhile
// does no harm but for the time between writing and reading: [Meta.Elapsed].
package state
