// Package damping finds backends that flap, and says for how long they are to be left alone.
//
// A backend whose state has changed more often than Settings.Changes within Settings.Window is held down:
// first for BaseHold, and each further time for twice as long as the time before, up to MaxHold. When a
// hold ends and the backend has gone on flapping at that rate, the next hold follows at once; else it
// is free, and after MaxHold without a hold its past is forgotten. At most a third of a group's members
// is held down at a time, so that of a group of one or two nobody is: when everything flaps, it is the
// network, or the checks.
//
// The idea is BGP's (RFC 2439, route flap damping). Its penalty with a half-life is not: "more than six
// times a minute" is a rule that an operator can count after, and a hold has an end that can be shown.
//
// The package knows no clock: whoever calls it says what time it is. A [Group] is not safe for concurrent
// use.
package damping
