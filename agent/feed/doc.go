// Package feed tells those who wait that a service has changed: blocking reads of one group
// (?index=N) and streams of events (GET /v1/watch).
//
// The fan-out is bounded by design. Nobody is sent a queue of what happened: [Hub.Changed] only marks
// a service as dirty for those who follow it, and each follower reads the service's present state when
// it gets to it and emits the difference from what it emitted last. A reader that is slow, or stopped
// for a minute, so costs one mark per service and comes back to a state that is true now; between two
// of its events there may have been many changes, never one that its own state misses.
package feed
