package etcd

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// keyRange is the half-open range of the keys that begin with prefix. For an empty one it is all keys,
// which etcd spells as from "\x00" to "\x00".
func keyRange(prefix string) (start, end string) {
	if prefix == "" {
		return "\x00", "\x00"
	}
	return prefix, clientv3.GetPrefixRangeEnd(prefix)
}

// list reads the prefix, page by page at one revision, and replaces the mirror with it. The first
// page is linearizable: it holds whatever the mirror has seen before.
func (s *session) list(ctx context.Context) error {
	l := listing{into: make(catalog), size: s.config.PageSize}
	next, end := keyRange(s.config.Prefix)
	for more := true; more; {
		page, err := s.page(ctx, next, end, l.revision, l.size)
		if err != nil {
			return fmt.Errorf("list prefix %q: %w", s.config.Prefix, err)
		}
		s.alive()
		l.take(page, s.mirror)
		if more = page.More; more {
			next = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
		}
	}
	services := len(l.into)
	changed, emptied := s.mirror.replace(l.into, time.Now())
	s.listed, s.applied, s.arrived = true, l.revision, max(s.arrived, l.revision)
	s.found(services, changed, emptied, l.history)
	s.complain(l.ignored, l.example)
	return nil
}

func (s *session) page(ctx context.Context, start, end string, revision int64, size int) (*clientv3.GetResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
	defer cancel()
	return s.client.Get(ctx, start, clientv3.WithRange(end),
		clientv3.WithLimit(int64(size)), clientv3.WithRev(revision))
}

// listing is a list that is being read.
type listing struct {
	into    catalog
	history     // all pages are of its revision; not known before the first
	size    int // of the next page, in keys
	ignored int // keys that name no service
	example string
}

// take adds a page; records that the mirror has already share its memory.
func (l *listing) take(page *clientv3.GetResponse, m *mirror) {
	if !l.known() {
		l.history = history{cluster: page.Header.GetClusterId(), revision: page.Header.GetRevision()}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	bytes := 0
	for _, kv := range page.Kvs {
		bytes += len(kv.Key) + len(kv.Value)
		if !l.into.add(m.catalog, len(m.prefix), kv) {
			l.ignored++
			l.example = string(kv.Key)
		}
	}
	l.size = nextSize(l.size, bytes)
}

// A page is to hold about half a megabyte to a megabyte, which etcd answers at once.
const (
	smallPage = 1 << 19
	largePage = 1 << 21
)

// nextSize is how many keys the next page should hold after one of so many that came to so many bytes.
// For each page etcd counts all keys that are left, so that pages of one size would cost it, and the
// agent's start, the square of their number.
func nextSize(size, bytes int) int {
	switch {
	case bytes < smallPage:
		return 2 * size
	case bytes > largePage:
		return max(size/2, 1)
	default:
		return size
	}
}

// complain logs keys that name no service when their number has changed.
func (s *session) complain(ignored int, example string) {
	if ignored != s.ignored && ignored > 0 {
		s.logger.Warn("keys name no service and are ignored, want PREFIX SERVICE / ID",
			"prefix", s.config.Prefix, "keys", ignored, "example", example)
	}
	s.ignored = ignored
}
