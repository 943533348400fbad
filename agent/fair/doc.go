// Package fair shares out what the users of a host compete for, so that none of them can take it from
// the others: places for connections, and the processor.
//
//	shares.go   how many connections a user may hold, given how many are free
//	turns.go    heavy work, a few pieces at a time, the users in rotation; turn.go is one request's
//	pace.go     how fast a user may consume while others are there
//	users.go    what each user was refused, for the operator
//
// It knows users as uids and nothing of sockets or HTTP; package agent/api asks it. Light work (one
// select, one lease) takes no turn and is only counted: it costs less than deciding about it would.
package fair
