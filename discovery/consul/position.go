package consul

import "errors"

// position is where a series of blocking queries stands. A series begins with the zero value, and anew
// after every error: without an index, since a server that has lost its state would wait for an old one
// in vain.
//
// The rules are those of "Blocking Queries" in Consul's API documentation, section "Implementation
// Details", and one of our own: what takes everything away is believed only when said twice.
type position struct {
	index   uint64 // what the next query carries; 0: none, so that it is answered at once
	confirm bool   // the next query is to be answered consistently: by the leader, from no cache
}

// reply is what an answer says, apart from its content.
type reply struct {
	index     uint64 // 0 when the answer had none that is a number
	empty     bool   // it has nothing at all
	loses     bool   // publishing it would take away what is held, or what a predecessor may hold
	filtered  bool   // Consul has left out what the token may not read
	anonymous bool   // access control denies by default, and the query had no token
	early     bool   // it came before its time, and says that nothing has changed
}

// Reasons not to believe an answer.
var (
	errFiltered  = errors.New("answer is empty, and access control has filtered it: does the token have service:read and node:read?")
	errAnonymous = errors.New("answer is empty, to a query without a token, and access control denies by default")
	errNoIndex   = errors.New("answer is empty and without an index: this does not look like a Consul")
)

// next says where to go on after r, and whether r is to be published; where it is not and there is no
// error, the next query confirms it. It is pure.
func (p position) next(r reply) (after position, publish bool, err error) {
	switch {
	case r.empty && r.filtered:
		return position{}, false, errFiltered
	case r.empty && r.anonymous:
		return position{}, false, errAnonymous
	case r.loses && r.index == 0:
		return position{}, false, errNoIndex
	case r.loses && !p.confirm:
		return position{confirm: true}, false, nil
	case r.index < p.index: // a restart or a restore
		return position{}, true, nil
	case r.early: // so a restore ends the queries that wait, with what was true before it
		return position{}, true, nil
	}
	return position{index: r.index}, true, nil
}
