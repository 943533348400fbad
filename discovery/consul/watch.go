package consul

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// Watch implements discovery.Provider. It mends its own failures and returns only when ctx ends.
func (p *Provider) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	defer p.pool.join()()
	s := p.newSeries(&watch{query: q, sink: sink}, api.QueryOptions{
		Datacenter: cmp.Or(q.Datacenter, p.config.Datacenter),
		Namespace:  cmp.Or(q.Namespace, p.config.Namespace),
		Filter:     q.Filter,
		AllowStale: q.Stale || p.config.Stale,
	})
	defer s.end()
	s.refresher = p.refreshers.add(q)
	defer p.refreshers.remove(s.refresher)
	early := early(p.config.Pause)
	for attempt := 0; ; attempt++ {
		renewed := p.renews.wait()
		worked, err := s.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sink.Heard(fmt.Errorf("ask consul for service %q: %w", q.Name, err))
		if worked {
			attempt = 0
		}
		p.outage.wait(ctx, p.config.Backoff.Delay(attempt, rand.Float64()), p.pool.share(), &early, renewed)
	}
}

// watch is a service as the subject of a series.
type watch struct {
	query discovery.Query
	sink  discovery.Sink

	answer    []instance
	published bool
	endpoints []discovery.Endpoint // as published last
	dropped   int
}

func (w *watch) ask(client *api.Client, q *api.QueryOptions) (*api.QueryMeta, error) {
	w.answer = nil
	_, meta, err := client.Health().ServiceMultipleTags(url.PathEscape(w.query.Name), w.query.Tags, false, reading(q, func(body io.Reader) error {
		return eachElement(body, '[', func(d *json.Decoder) error {
			var entry *api.ServiceEntry
			err := d.Decode(&entry)
			w.answer = append(w.answer, instanceOf(entry))
			return err
		})
	}))
	return meta, err
}

func (w *watch) empty() bool { return len(w.answer) == 0 }

// loses holds for an empty answer unless the service is known to be empty. To begin with it is not
// known: somebody before us may have published something.
func (w *watch) loses() bool { return w.empty() && (!w.published || len(w.endpoints) > 0) }

func (w *watch) publish() (news bool) {
	s := snapshot(w.answer)
	w.answer = nil
	news = !w.published || len(s.Dropped) != w.dropped || !discovery.Compare(w.endpoints, s.Endpoints).Empty()
	w.published, w.endpoints, w.dropped = true, s.Endpoints, len(s.Dropped)
	w.sink.Publish(s)
	return news
}
