package feed_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

var errEnd = errors.New("the service named end was told")

// replica is what a reader believes of each service, as the text that describe makes.
type replica map[string]string

// apply does what a client does with an event, and complains about what no stream may say.
func (r replica) apply(e wire.Event) error {
	believed, known := r[e.Service]
	lines := strings.Fields(believed)
	drop := func(address string) { lines = slices.DeleteFunc(lines, belongsTo(address)) }
	switch {
	case e.Service == "end":
		return errEnd
	case e.Type == wire.EventSnapshot:
		r[e.Service] = describe(e.Group.Backends)
		return nil
	case !known:
		return fmt.Errorf("%s of %s came before its snapshot", e.Type, e.Service)
	case e.Type == wire.EventRemoved:
		delete(r, e.Service)
		return nil
	}
	for _, b := range e.Added {
		if slices.ContainsFunc(lines, belongsTo(b.Address)) {
			return fmt.Errorf("%s was added twice", b.Address)
		}
	}
	for _, b := range slices.Concat(e.Removed, e.Changed) {
		if !slices.ContainsFunc(lines, belongsTo(b.Address)) {
			return fmt.Errorf("%s changed and was never there", b.Address)
		}
		drop(b.Address)
	}
	for _, b := range slices.Concat(e.Added, e.Changed) {
		lines = append(lines, line(b))
	}
	slices.Sort(lines)
	r[e.Service] = strings.Join(lines, " ")
	return nil
}

func (c *catalog) state(service string) string {
	group, _ := c.Group(service)
	return describe(group.Backends)
}

func describe(backends []wire.Backend) string {
	lines := make([]string, 0, len(backends))
	for _, b := range backends {
		lines = append(lines, line(b))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func line(b wire.Backend) string {
	return fmt.Sprintf("%s/%v/%s/%d", b.Address, b.Healthy, b.Verdicts.Active, b.Weight)
}

func belongsTo(address string) func(string) bool {
	return func(line string) bool { return strings.HasPrefix(line, address+"/") }
}
