package balancer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unique"
)

// Weightless is the weight of an endpoint that is listed and never picked. It stands for weight 0,
// because the zero value of Endpoint.Weight means that nobody set one.
const Weightless = -1

// MaxWeight is the largest weight.
const MaxWeight = 65535

// Endpoint describes a backend to register. Only the address is needed. The balancer keeps Address and ID
// as they are, since whoever lists endpoints mostly keeps them as well: neither should be a piece of
// something much larger. Everything else it copies.
type Endpoint struct {
	Address  string // host:port; the identity within the service, compared byte by byte
	ID       string // the source's own name for the instance
	Weight   int    // 1 to MaxWeight, or Weightless; 0 means 1
	Zone     string
	Tags     []string
	Meta     map[string]string
	Priority int // of its tier, 0 to 255; lower ones first
	Registry RegistryVerdict
	Reason   string // of the registry's verdict, in its own words

	// Held says that the endpoint is not listed any more and stays for when no listed one can be picked.
	Held bool
}

func (e *Endpoint) check() error {
	if e.Address == "" {
		return fmt.Errorf("endpoint %q has no address", e.ID)
	}
	if e.Weight < Weightless || e.Weight > MaxWeight {
		return fmt.Errorf("endpoint %s: weight %d is not between 0 and %d", e.Address, e.Weight, MaxWeight)
	}
	if e.Priority < 0 || e.Priority > 255 {
		return fmt.Errorf("endpoint %s: priority %d is not between 0 and 255", e.Address, e.Priority)
	}
	if e.Registry > RegistryMaintenance {
		return fmt.Errorf("endpoint %s: unknown registry verdict %d", e.Address, e.Registry)
	}
	return nil
}

func (e *Endpoint) weight() uint16 {
	switch e.Weight {
	case 0:
		return 1
	case Weightless:
		return 0
	default:
		return uint16(e.Weight)
	}
}

// checkAll checks endpoints until one makes no sense.
func checkAll(endpoints []Endpoint) error {
	for i := range endpoints {
		if err := endpoints[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// attributes is what many backends of a group have in common; equal ones are shared.
type attributes struct {
	zone string
	tags []string
	meta map[string]string

	reason string // of the registry's verdict
}

var noAttributes = &attributes{}

func (a *attributes) equal(e *Endpoint) bool {
	return a.zone == e.Zone && a.reason == e.Reason && slices.Equal(a.tags, e.Tags) && maps.Equal(a.meta, e.Meta)
}

func newAttributes(e *Endpoint) *attributes {
	tags := slices.Clone(e.Tags)
	for i := range tags {
		tags[i] = unique.Make(tags[i]).Value()
	}
	return &attributes{zone: unique.Make(e.Zone).Value(), tags: tags, meta: maps.Clone(e.Meta), reason: strings.Clone(e.Reason)}
}

// sharer hands out one attributes record for equal endpoints of a group. It remembers the last few
// distinct ones only, which bounds its cost and still finds nearly all of what real groups share.
type sharer struct {
	recent [16]*attributes
	next   int
}

func (s *sharer) share(e *Endpoint) *attributes {
	if noAttributes.equal(e) {
		return noAttributes
	}
	for _, a := range s.recent {
		if a != nil && a.equal(e) {
			return a
		}
	}
	a := newAttributes(e)
	s.recent[s.next%len(s.recent)] = a
	s.next++
	return a
}
