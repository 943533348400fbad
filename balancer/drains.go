package balancer

import "sync"

// drains remembers which addresses an operator drained. It outlives backends and groups: a host that
// is being worked on stays drained while its registration comes and goes.
type drains struct {
	mu sync.RWMutex
	of map[string]map[string]struct{} // by service, then address
}

func (d *drains) set(service, address string, verdict AdminVerdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if verdict == AdminDrain {
		if d.of == nil {
			d.of = make(map[string]map[string]struct{})
		}
		if d.of[service] == nil {
			d.of[service] = make(map[string]struct{})
		}
		d.of[service][address] = struct{}{}
		return
	}
	delete(d.of[service], address)
	if len(d.of[service]) == 0 {
		delete(d.of, service)
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
