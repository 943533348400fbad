package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// size is how large a catalog is.
type size struct{ services, backends int }

func (s size) all() int       { return s.services * s.backends }
func (s size) String() string { return fmt.Sprintf("%d × %d", s.services, s.backends) }

func parseSizes(text string) (sizes []size, err error) {
	for part := range strings.SplitSeq(text, ",") {
		var s size
		if _, err := fmt.Sscanf(part, "%dx%d", &s.services, &s.backends); err != nil || s.services < 1 || s.backends < 1 {
			return nil, fmt.Errorf("read size %q: want SERVICESxBACKENDS, such as 100x10", part)
		}
		sizes = append(sizes, s)
	}
	return sizes, nil
}

func serviceName(i int) string { return fmt.Sprintf("service-%05d", i) }

// address gives each backend of a catalog of up to 16 million one of its own.
func address(service, backend int) string {
	n := service*1000 + backend
	return fmt.Sprintf("10.%d.%d.%d:8080", n>>16&255, n>>8&255, n&255)
}

var zones = [...]string{"zone-a", "zone-b", "zone-c"}

// state is what a backend is in the catalog.
type state struct {
	gone   bool
	weight int
}

// value is what the official library writes of an endpoint, with the attributes that balancing uses.
func value(service, backend int, s state) string {
	return fmt.Sprintf(`{"Op":0,"Addr":%q,"Metadata":{"weight":%d,"zone":%q}}`,
		address(service, backend), s.weight, zones[backend%len(zones)])
}

const usualWeight = 10

// changes draws changes of a catalog: half of them give a backend another weight, the others take one
// out or bring it back. Of each service one at most is out, so that no service seems to have failed.
type changes struct {
	size   size
	random *rand.Rand
	states map[[2]int]state
	out    map[int]int // the backend of a service that is out
}

func newChanges(s size) *changes {
	return &changes{size: s, random: rand.New(rand.NewPCG(1, 2)), states: make(map[[2]int]state), out: make(map[int]int)}
}

// next draws a backend and what becomes of it, which always differs from what it was.
func (c *changes) next() (service, backend int, s state) {
	service, backend = c.random.IntN(c.size.services), c.random.IntN(c.size.backends)
	out, short := c.out[service]
	move := c.random.IntN(2) == 0
	if short && (move || backend == out) {
		backend, move = out, true
	}
	key := [2]int{service, backend}
	s, known := c.states[key]
	if !known {
		s.weight = usualWeight
	}
	switch {
	case move && short:
		s.gone = false
		delete(c.out, service)
	case move:
		s.gone = true
		c.out[service] = backend
	default:
		s.weight = 3*usualWeight - s.weight
	}
	c.states[key] = s
	return service, backend, s
}
