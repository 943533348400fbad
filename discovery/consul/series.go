package consul

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// series asks about one thing, again and again, on behalf of Watch or List. It is not safe for
// concurrent use.
type series struct {
	*Provider
	subject subject
	options api.QueryOptions // without what changes from query to query

	refresher *refresher // nil: it can't be told to ask at once

	position position
	epoch    uint64 // of the catalog that the position is of
	token    string // of the last query
	odd      bucket // for answers that break the rules of blocking queries
	quiet    pace   // for answers that obey them and bring no news
	idle     bool   // the provider counts it among those
	busy     bucket // for answers that bring news
}

// subject is what a series asks about.
type subject interface {
	// ask sends one query and keeps what the answer holds.
	ask(*api.Client, *api.QueryOptions) (*api.QueryMeta, error)
	// empty says that the answer holds nothing, loses that publishing it would take something away.
	empty() bool
	loses() bool
	// publish hands over what was kept and says whether it is news.
	publish() (news bool)
}

// The rate at which news is followed: ten answers at once, and then five a second.
const (
	newsBurst    = 10
	newsInterval = time.Second / 5
)

func (p *Provider) newSeries(s subject, options api.QueryOptions) *series {
	return &series{
		Provider: p,
		subject:  s,
		options:  options,
		odd:      bucket{burst: 2, interval: p.config.Pause},
		busy:     bucket{burst: newsBurst, interval: newsInterval},
	}
}

// follow asks until an answer can't be used or ctx ends, and says whether there was a good one.
func (s *series) follow(ctx context.Context) (worked bool, err error) {
	s.position = position{}
	for {
		wait, err := s.step(ctx)
		switch {
		case errors.Is(err, errYield), errors.Is(err, errRefresh):
		case errors.Is(err, errRenewed), errors.Is(err, errRestored): // not all askers at the same moment
			wait = time.Duration(rand.Float64() * float64(time.Second/2))
		case err != nil:
			return worked, err
		default:
			worked = true
			s.outage.answered()
		}
		if err := discovery.Sleep(ctx, wait); err != nil {
			return worked, err
		}
	}
}

// step asks once and says how long to wait before the next time.
func (s *series) step(ctx context.Context) (wait time.Duration, err error) {
	if epoch := s.pool.epoch.Load(); epoch != s.epoch {
		s.epoch, s.position = epoch, position{}
	}
	ctx, end, refresh := s.begin(ctx)
	defer end()
	sent, began := s.position.index, time.Now()
	meta, held, err := s.query(ctx)
	switch {
	case errors.Is(context.Cause(ctx), errRefresh):
		return 0, errRefresh // an answer that came in the same moment is asked for again
	case err != nil:
		return 0, plain(err)
	}
	after, publish, err := s.position.next(reply{
		index:     meta.LastIndex,
		empty:     s.subject.empty(),
		loses:     s.subject.loses(),
		filtered:  meta.ResultsFilteredByACLs,
		anonymous: s.token == "" && meta.DefaultACLPolicy == "deny",
		early:     sent > 0 && !held && meta.LastIndex == sent,
	})
	s.position = after
	if err != nil || !publish { // what is to be confirmed is asked again at once
		return 0, err
	}
	news, now := s.subject.publish(), time.Now()
	if refresh && news {
		s.eased()
		s.logger.Warn("a watch has missed a change, which was found by asking again", "service", s.refresher.query.Name)
	}
	switch {
	case held:
		s.eased()
		return 0, nil
	case refresh: // the Catalog sees to it that there are few
		return 0, nil
	case after.index <= sent: // none, a lower one, or an early answer that nothing has changed
		return s.odd.take(now), nil
	case news:
		s.eased()
		return s.busy.take(now), nil
	}
	return s.wokenForNothing(now.Sub(began)), nil
}

// begin begins a query. One that was requested is sent without an index.
func (s *series) begin(ctx context.Context) (of context.Context, end func(), refresh bool) {
	if s.refresher == nil {
		return ctx, func() {}, false
	}
	of, end, refresh = s.refresher.begin(ctx)
	if refresh {
		s.position = position{}
	}
	return of, end, refresh
}

// query asks from where the series stands. Held says that Consul has held the answer back for as long
// as it was allowed to.
func (s *series) query(ctx context.Context) (meta *api.QueryMeta, held bool, err error) {
	blocking := s.position.index > 0
	err = s.pool.use(ctx, blocking, func(ctx context.Context, client *api.Client, wait time.Duration) (err error) {
		s.token = tokenOf(s.access.Current())
		q := s.options.WithContext(ctx)
		q.Token = s.token
		if blocking {
			q.WaitIndex, q.WaitTime = s.position.index, wait
		}
		if s.position.confirm {
			q.AllowStale, q.RequireConsistent = false, true
		}
		began := time.Now()
		meta, err = s.subject.ask(client, q)
		held = blocking && time.Since(began) >= wait
		return err
	})
	return meta, held, err
}
