package consul

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// errRestored is why queries are broken off whose index is of a catalog that is gone.
var errRestored = errors.New("the catalog was replaced by an older one")

// lookOut keeps one query at work, besides those that watch services, that looks for two things.
//
// That Consul is back: while this query fails it is repeated every second, and once it is answered,
// whoever else has failed is woken. It asks for little, so that it can be repeated so often.
//
// That the catalog was replaced by an older one, as by the restore of a snapshot. Consul does not tell
// those who watch the health of services: it answers them from a view of its own, which holds queries
// with an index from the future back until their time is up. Other queries it does wake, with the index
// that they came with. Then everybody is to ask anew, without an index.
//
// The question is for the servers of Consul itself, which every catalog has and which hardly ever
// change. It is asked only while something is watched. lookOut returns when ctx ends.
func (p *Provider) lookOut(ctx context.Context) {
	s := p.newSeries(servers{}, api.QueryOptions{Datacenter: p.config.Datacenter, AllowStale: p.config.Stale})
	defer s.end()
	for attempt := 0; p.pool.awaitAskers(ctx) == nil; attempt++ {
		wait, err := p.look(ctx, s)
		switch {
		case errors.Is(err, errYield), errors.Is(err, errRenewed):
		case err != nil:
			s.position, wait = position{}, p.untilNextLook(attempt, err)
		default:
			attempt = 0
			p.outage.answered()
		}
		if discovery.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// untilNextLook is how long to wait after a failure.
func (p *Provider) untilNextLook(attempt int, err error) time.Duration {
	delay := p.config.Backoff.Delay(attempt, rand.Float64())
	if !passes(plain(err)) {
		return delay
	}
	half := p.config.KnockEvery / 2
	return min(delay, half+time.Duration(rand.Float64()*float64(half)))
}

// passes says whether a failure is one that goes away by itself. That Consul refuses to answer is none.
func passes(err error) bool {
	status, ok := errors.AsType[statusError](err)
	return !ok || status.code >= http.StatusInternalServerError || status.code == http.StatusTooManyRequests
}

// look asks once and says how long to wait before the next time.
func (p *Provider) look(ctx context.Context, s *series) (wait time.Duration, err error) {
	sent, began := s.position.index, time.Now()
	meta, held, err := s.query(ctx)
	now := time.Now()
	switch {
	case err != nil:
		return 0, err
	case meta.LastIndex == 0: // no Consul answers so, and nothing can be concluded from it
		s.position = position{}
		return p.config.Pause, nil
	case held || meta.LastIndex > sent:
		s.position.index = meta.LastIndex
		return s.wokenForNothing(now.Sub(began)), nil
	}
	p.logger.Warn("the catalog of consul was replaced by an older one, asking anew", "index-before", sent)
	s.position = position{}
	p.pool.forget()
	return p.config.Pause, nil // a server that lies must not keep everybody busy
}

// servers is the servers of Consul as the subject of a series. What the answer says of them does not
// matter, but it must be an answer, and no larger than servers are many.
type servers struct{}

const maxServersBytes = 256 << 10

func (servers) ask(client *api.Client, q *api.QueryOptions) (*api.QueryMeta, error) {
	_, meta, err := client.Catalog().Service("consul", "", reading(q, func(body io.Reader) error {
		capped := &cappedBody{ReadCloser: io.NopCloser(body), left: maxServersBytes, limit: maxServersBytes}
		return eachElement(capped, '[', func(d *json.Decoder) error { return d.Decode(&struct{}{}) })
	}))
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
	joined, alone := p.joined, p.askers == 0
	p.mu.Unlock()
	if !alone {
		return ctx.Err()
	}
	select {
	case <-joined:
	case <-ctx.Done():
	}
	return ctx.Err()
}
