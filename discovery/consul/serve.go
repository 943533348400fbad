package consul

import (
	"slices"
	"time"
)

// serve gives room to those who wait, as far as there is any, and sees to more where there may be. It
// is called under the lock after everything that may have made room.
func (p *pool) serve() {
	p.connections = slices.DeleteFunc(p.connections, func(c *connection) bool { return c.http.Err() != nil })
	for len(p.queue) > 0 {
		c := p.room()
		if c == nil {
			break
		}
		w := p.queue[0]
		p.queue = p.queue[1:]
		w.told <- told{lease: p.grant(w, c)}
	}
	for len(p.queue) > 0 && p.wantsConnection() {
		w := p.queue[0]
		p.queue = p.queue[1:]
		p.dialing++
		w.told <- told{dial: true}
	}
	if len(p.queue) > 0 && p.full() {
		p.yield()
	}
}

// room finds a connection that takes one more query, the fullest first, so that others become idle.
func (p *pool) room() *connection {
	var best *connection
	for _, c := range p.connections {
		if c.generation != p.generation || c.http.Available() == 0 || c.held >= c.limit() {
			continue
		}
		if best == nil || c.held > best.held {
			best = c
		}
	}
	return best
}

func (p *pool) grant(w *waiter, c *connection) *lease {
	now := time.Now()
	p.waits.show(now, now.Sub(w.since))
	l := &lease{connection: c, since: now, wait: turnWait(p.askers, p.capacity(), p.config.Wait, p.config.Turn)}
	p.leases[l] = struct{}{}
	c.held++
	return l
}

// wantsConnection says whether those who wait need one more connection than there are or will be. What
// leases and waiters need is compared with what connections can take, and not with what is free just
// now: a stream of HTTP/2 that was broken off is free only once the server has said so. Over TLS one
// is added at a time, since a single one may take hundreds of queries and says so only when it stands.
func (p *pool) wantsConnection() bool {
	if p.full() {
		return false
	}
	if p.target.scheme == "https" && (p.dialing > 0 || slices.ContainsFunc(p.connections, func(c *connection) bool { return !c.settled() })) {
		return false
	}
	takes := 0
	for _, c := range p.connections {
		if c.generation == p.generation {
			takes += c.limit() - c.held
		}
	}
	return len(p.queue) > takes
}

func (p *pool) full() bool { return len(p.connections)+p.dialing >= p.config.MaxConnections }

// capacity is how many queries the connections take when all of them stand.
func (p *pool) capacity() int {
	each := 1
	for _, c := range p.connections {
		each = max(each, c.limit())
	}
	return each * p.config.MaxConnections
}

// yield breaks off the oldest of the queries that began to wait when there was room for all, so that
// those who came later need not wait for them: one for each that waits.
func (p *pool) yield() {
	var long []*lease
	n := len(p.queue)
	for l := range p.leases {
		switch {
		case l.broken != nil:
			n-- // its room is on the way
		case l.wait > p.config.Turn:
			long = append(long, l)
		}
	}
	slices.SortFunc(long, func(a, b *lease) int { return a.since.Compare(b.since) })
	for _, l := range long[:max(0, min(n, len(long)))] {
		l.breakOff(errYield)
	}
}

func (l *lease) breakOff(why error) {
	l.broken = why
	if l.cancel != nil {
		l.cancel(why)
	}
}
