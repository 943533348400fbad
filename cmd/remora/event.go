package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

// eventLines tells an event to a person, a line for each backend that it is about.
func eventLines(e wire.Event) []string {
	switch e.Type {
	case wire.EventSnapshot:
		if e.Group == nil {
			return nil
		}
		return []string{groupLine(*e.Group)}
	case wire.EventRemoved:
		return []string{e.Service + ": removed"}
	case wire.EventDiff, wire.EventHealth:
		return changeLines(e)
	}
	return nil
}

func changeLines(e wire.Event) []string {
	var lines []string
	for _, b := range e.Added {
		lines = append(lines, fmt.Sprintf("%s: + %s %s", e.Service, b.Address, stateText(b)))
	}
	for _, b := range e.Removed {
		lines = append(lines, fmt.Sprintf("%s: - %s", e.Service, b.Address))
	}
	for _, b := range e.Changed {
		line := fmt.Sprintf("%s: ~ %s %s", e.Service, b.Address, stateText(b))
		if e.Type == wire.EventDiff {
			line += attributes(b)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 && e.Stale != nil {
		word := "fresh"
		if *e.Stale {
			word = "stale: its source does not answer"
		}
		lines = append(lines, e.Service+": "+word)
	}
	return lines
}

// attributes is what a catalog says of a backend, as the end of a line.
func attributes(b wire.Backend) string {
	s := fmt.Sprintf(", weight %d", b.Weight)
	if b.Zone != "" {
		s += ", zone " + b.Zone
	}
	if len(b.Tags) > 0 {
		s += ", tags " + strings.Join(b.Tags, ",")
	}
	return s
}

// usableLists follows the healthy addresses of each service through its events, and which of them are held.
type usableLists map[string]map[string]bool

// apply takes an event in and returns the service's line when its addresses differ from before:
// the name, then the addresses, sorted.
func (u usableLists) apply(e wire.Event) []string {
	before, known := u[e.Service]
	after := maps.Clone(before)
	switch e.Type {
	case wire.EventSnapshot:
		after = map[string]bool{}
		if e.Group != nil {
			take(after, e.Group.Backends)
		}
	case wire.EventDiff, wire.EventHealth:
		if !known {
			return nil
		}
		for _, b := range e.Removed {
			delete(after, b.Address)
		}
		take(after, e.Added)
		take(after, e.Changed)
	case wire.EventRemoved:
		delete(u, e.Service)
		return []string{e.Service}
	default:
		return nil
	}
	u[e.Service] = after
	addresses := usableOf(after)
	if known && slices.Equal(usableOf(before), addresses) {
		return nil
	}
	return []string{strings.Join(append([]string{e.Service}, addresses...), " ")}
}

// usableOf are the listed ones, sorted, or those that are held where there is no other.
func usableOf(held map[string]bool) []string {
	var listed []string
	for address, is := range held {
		if !is {
			listed = append(listed, address)
		}
	}
	if len(listed) == 0 {
		return slices.Sorted(maps.Keys(held))
	}
	slices.Sort(listed)
	return listed
}

// take puts the healthy ones of the backends into set, and the others out of it.
func take(set map[string]bool, backends []wire.Backend) {
	for _, b := range backends {
		if b.Healthy {
			set[b.Address] = b.Held
		} else {
			delete(set, b.Address)
		}
	}
}
