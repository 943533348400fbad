package balancer

import "sync"

// drains remembers which addresses an operator drained. It outlives backends and groups: a host that
// is being worked on stays drained while its registration comes and goes.
type drains struct {
	mu sync.RWMutex
	of map[string]map[string]struct{} // by service, then address
}

// set tells whether the address was drained before.
func (d *drains) set(service, address string, verdict AdminVerdict) (was bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, was = d.of[service][address]
	if verdict == AdminDrain {
		if d.of == nil {
			d.of = make(map[string]map[string]struct{})
		}
		if d.of[service] == nil {
			d.of[service] = make(map[string]struct{})
		}
		d.of[service][address] = struct{}{}
		return was
	}
	delete(d.of[service], address)
	if len(d.of[service]) == 0 {
		delete(d.of, service)
	}
	return was
}

// apply gives the members of a service the verdicts that are remembered.
func (d *drains) apply(service string, members []member) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	drained := d.of[service]
	for i := range members {
		members[i].verdicts.Admin = AdminReady
		if _, is := drained[members[i].backend.address]; is {
			members[i].verdicts.Admin = AdminDrain
		}
	}
}

func (d *drains) verdict(service, address string) AdminVerdict {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if _, drained := d.of[service][address]; drained {
		return AdminDrain
	}
	return AdminReady
}
