package balancer

// Members that are damped flap, as somebody found who watches for that. They count as unusable where
// another member can be picked, of whatever tier; where none can, they are picked as if nothing were, and in
// a panic they are among those that may be.

// ReasonDamped is the reason of a Candidate that is damped, as far as the balancer knows it.
const ReasonDamped = "flapping, held down"

// SetDamped says whether a backend flaps and should be left alone for now, and tells whether that is new.
// ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) SetDamped(service, address string, damped bool) (changed bool, err error) {
	err = lb.change(service, func(_ *group, v *view) (*view, error) {
		at := v.find(address)
		if at < 0 {
			return nil, unknownBackend(service, address)
		}
		if changed = v.members[at].damped != damped; !changed {
			return nil, nil
		}
		return v.with(at, func(m *member) { m.damped = damped }), nil
	})
	return changed, err
}

// letIn lets the damped in where no other listed member could be picked.
func (v *view) letIn() {
	for i := range v.members {
		if m := &v.members[i]; !m.damped && !m.held && m.fit() {
			return
		}
	}
	for i := range v.members {
		v.members[i].out = false
	}
}
