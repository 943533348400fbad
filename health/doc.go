// Package health finds out which backends answer.
//
// A [Checker] is given the targets of each service and probes them until its context ends. What it
// finds goes to a [Sink], one [Result] for each service that a probe was made for. It knows nothing
// of catalogs or of load balancing: package agent translates.
//
// A probe is one connection to one address by one [Check]: a TCP connect, an HTTP request or a gRPC
// health call. Services that name the same address and the same check share one probe; how many
// results in a row turn the verdict (rise and fall) is up to each of them.
//
// Probes are scheduled as follows. A target is probed at once when it appears, then after a random
// part of its interval, so that targets that came together drift apart, then every interval ±10%.
// At most Options.MaxInFlight probes run at a time. A probe that is late for want of a slot runs
// once when there is one: the rounds it missed are skipped, not made up for. Targets whose last
// probe timed out get at most half of the slots, and together with those of which nothing is known yet
// three quarters, so that a rack that goes dark or comes up dark delays nobody else.
// Only the probes in flight cost a goroutine; the rest wait in two heaps behind one timer.
//
// A probe that fails for a reason of this host's own (no file descriptors, no free ports, an agent
// that was suspended meanwhile) says nothing about the backend: it is counted, and the verdict stays.
// Scheduling reads the monotonic clock only; a step of the wall clock changes nothing.
package health
