package main

import "time"

// seeds are the runs of every scenario and strategy. None is left out of a result.
var seeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}

// Clients.
const (
	together = 5 // clients, each a uid of its own
	timeOut  = time.Second
	zipfKeys = 10_000 // different keys, where they are unequally popular
	zipfS    = 1.1    // the k-th most popular comes in proportion to k^-1.1
)

// Servers.
const (
	slots     = 4 // requests that a server works on at once
	meanWork  = 20 * time.Millisecond
	workSigma = 1.0              // of its logarithm: the slowest percent takes six times the mean
	refusal   = time.Millisecond // how long a server takes to refuse or to fail fast
	coldPace  = 0.2              // how fast a server works that has just started
	warmth    = 5 * time.Second  // from then until it works at full pace, in a straight line
	normal    = 1.0              // the pace of a server that is well
	tenth     = normal / 10      // ten times slower
	half      = normal / 2       // at half speed
	loaded    = 0.7              // traffic in a normal hour, as a part of what all servers can do
	light     = 0.45             // at which servers at half speed are not yet past what they can do
	halfLoad  = 0.5              // at which two zones can carry what three did
	busyFleet = 0.6              // at which a fleet is restarted
)

// Agents.
const (
	probeEvery   = 2 * time.Second
	probeTimeOut = time.Second
	slowStart    = warmth
)

// The run. Requests count that come after the warm-up.
const (
	warmUp = 5 * time.Second
	steady = 20 * time.Second
)

// Scripts, as times since the start of the run.
const (
	failsAt = 10 * time.Second // a server begins to fail fast

	restartsAt   = 6 * time.Second // the first of the rolling restart
	restartEvery = 4 * time.Second
	restartTakes = 2 * time.Second
	drainBefore  = time.Second // of an announced restart

	zoneLostAt = 10 * time.Second
	zoneBackAt = 20 * time.Second
)
