package consul

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// errRestored is why queries are broken off whose index is of a catalog that is gone.
var errRestored = errors.New("the catalog was replaced by an older one")

// watchRestores notices that the catalog was replaced by an older one, as by the restore of a snapshot,
// and has everybody ask anew, without an index. Consul does not tell them: it answers queries for
// the health of a service from a view of its own, which holds those with an index from the future
// back until their time is up. Other queries it does wake, with the index that they came with. So
// there is one of those, for the one service that every Consul has and that hardly ever changes. It is
// asked only while something is watched. It returns when ctx ends.
func (p *Provider) watchRestores(ctx context.Context) {
	s := p.newSeries(servers{}, api.QueryOptions{Datacenter: p.config.Datacenter, AllowStale: p.config.Stale})
	defer s.end()
	for attempt := 0; ctx.Err() == nil; attempt++ {
		if p.pool.awaitAskers(ctx) != nil {
			return
		}
		wait, err := p.lookForRestore(ctx, s)
		switch {
		case errors.Is(err, errYield), errors.Is(err, errRenewed):
		case err != nil:
			s.position, wait = position{}, p.config.Backoff.Delay(attempt, rand.Float64())
		default:
			attempt = 0
		}
		_ = discovery.Sleep(ctx, wait) // the loop sees that ctx has ended
	}
}

// lookForRestore asks once and says how long to wait before the next time.
func (p *Provider) lookForRestore(ctx context.Context, s *series) (wait time.Duration, err error) {
	sent, began := s.position.index, time.Now()
	meta, held, err := s.query(ctx)
	now := time.Now()
	switch {
	case err != nil:
		return 0, err
	case meta.LastIndex == 0: // no Consul answers so, and nothing can be concluded from it
		s.position = position{}
		return p.config.Wait, nil
	case held || meta.LastIndex > sent:
		s.position.index = meta.LastIndex
		return s.wokenForNothing(now.Sub(began)), nil
	}
	p.logger.Warn("the catalog of consul was replaced by an older one, asking anew", "index-before", sent)
	s.position = position{}
	p.pool.forget()
	return p.config.Pause, nil // a server that lies must not keep everybody busy
}

// servers is the servers of Consul themselves as the subject of a series. The answer does not matter.
type servers struct{}

func (servers) ask(client *api.Client, q *api.QueryOptions) (*api.QueryMeta, error) {
	_, meta, err := client.Catalog().Service("consul", "", q)
	return meta, err
}

func (servers) empty() bool   { return false }
func (servers) loses() bool   { return false }
func (servers) publish() bool { return false }

// forget has every series begin anew.
func (p *pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch.Add(1)
	for l := range p.leases {
		l.breakOff(errRestored)
	}
}

// awaitAskers returns once there is somebody to share the connections with, or the error of ctx.
func (p *pool) awaitAskers(ctx context.Context) error {
	p.mu.Lock()
	joined := p.joined
	alone := p.askers == 0
	p.mu.Unlock()
	if !alone {
		return ctx.Err()
	}
	select {
	case <-joined:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
