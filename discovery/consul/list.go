package consul

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/hashicorp/consul/api"
)

// List implements discovery.Lister. It returns every error and leaves the retry to its caller.
func (p *Provider) List(ctx context.Context, publish func(names []string)) error {
	defer p.pool.join()()
	s := p.newSeries(&list{publishNames: publish}, api.QueryOptions{
		Datacenter: p.config.Datacenter,
		Namespace:  p.config.Namespace,
		AllowStale: p.config.Stale,
	})
	defer s.end()
	if _, err := s.follow(ctx); ctx.Err() == nil {
		return fmt.Errorf("list the services of consul: %w", err)
	}
	return ctx.Err()
}

// Pause implements discovery.Patient: a list is tried again as soon as Consul answers anybody.
func (p *Provider) Pause(ctx context.Context, attempt int, _ error) error {
	renewed := p.renews.wait()
	p.listing.Lock()
	early := p.relists
	p.listing.Unlock()
	p.outage.wait(ctx, p.config.Backoff.Delay(attempt, rand.Float64()), p.pool.share()+1, &early, renewed)
	p.listing.Lock()
	p.relists = early
	p.listing.Unlock()
	return ctx.Err()
}

// list is the names of all services as the subject of a series.
type list struct {
	publishNames func([]string)

	answer    []string // sorted
	published bool
	names     []string // as published last
}

func (l *list) ask(client *api.Client, q *api.QueryOptions) (*api.QueryMeta, error) {
	l.answer = nil
	_, meta, err := client.Catalog().Services(reading(q, func(body io.Reader) error {
		return eachElement(body, '{', func(d *json.Decoder) error {
			name, err := nameOf(d)
			l.answer = append(l.answer, name)
			return err
		})
	}))
	slices.Sort(l.answer)
	return meta, err
}

// nameOf reads the name of a service, and passes over its tags.
func nameOf(d *json.Decoder) (string, error) {
	key, err := d.Token()
	if err != nil {
		return "", err
	}
	name, ok := key.(string)
	if !ok {
		return "", fmt.Errorf("%v stands where the name of a service is expected", key)
	}
	return name, d.Decode(new(json.RawMessage))
}

func (l *list) empty() bool { return len(l.answer) == 0 }

// loses holds for an answer that lacks a name, and for the first one, since somebody before us may
// have published more.
func (l *list) loses() bool {
	return !l.published || slices.ContainsFunc(l.names, func(name string) bool {
		_, found := slices.BinarySearch(l.answer, name)
		return !found
	})
}

func (l *list) publish() (news bool) {
	news = !l.published || !slices.Equal(l.names, l.answer)
	l.published, l.names = true, l.answer
	if news {
		l.publishNames(l.names)
	}
	return news
}
