package etcd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

const testPrefix = "/services/"

// truth is what etcd holds, by key without the prefix.
type truth map[string]string

// of is what a service should be seen as: what a mirror that never knew anything else makes of it.
func (tr truth) of(service string) discovery.Snapshot {
	s := new(shelf)
	for key, value := range tr {
		if id, ok := strings.CutPrefix(key, service+"/"); ok && !strings.Contains(id, "/") {
			s.put([]byte(id), []byte(value))
		}
	}
	return shown(s, testPrefix, discovery.Query{Name: service})
}

// list reads tr into a mirror as a list of etcd would.
func (tr truth) list(m *mirror) {
	complete := make(catalog)
	for _, key := range slices.Sorted(maps.Keys(tr)) {
		complete.add(m.catalog, len(testPrefix), &mvccpb.KeyValue{Key: []byte(testPrefix + key), Value: []byte(tr[key])})
	}
	m.replace(complete, time.Now())
}

// draw changes tr and returns the event that says so. There are few keys, so that they meet; one
// names no service.
func (tr truth) draw(t *rapid.T, revision int64) *mvccpb.Event {
	key := rapid.SampledFrom([]string{"a/1", "a/2", "a/3", "a/b/1", "b/1", "b/2", "stray"}).Draw(t, "key")
	event := &mvccpb.Event{Kv: &mvccpb.KeyValue{Key: []byte(testPrefix + key), ModRevision: revision}}
	if rapid.Bool().Draw(t, "delete") {
		event.Type = mvccpb.Event_DELETE
		delete(tr, key)
		return event
	}
	tr[key] = rapid.SampledFrom([]string{"h:1", "h:2", "bad"}).Draw(t, "value")
	event.Kv.Value = []byte(tr[key])
	return event
}

// lastTold is a sink that keeps the last snapshot and counts what it was told.
type lastTold struct {
	discovery.Snapshot
	published, heard int
}

func (l *lastTold) Publish(s discovery.Snapshot) { l.Snapshot, l.published = s, l.published+1 }
func (l *lastTold) Heard(error)                  { l.heard++ }

// TestMirrorHoldsTheTruth plays random histories, in which lists come between events, some of them
// late and repeated. One service is watched all the time, another one now and then.
func TestMirrorHoldsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, tr := newMirror(testPrefix), truth{}
		tr.list(m)
		var always, atTimes lastTold
		m.subscribe(discovery.Query{Name: "a"}, &always)
		all := m.watchNames()
		var names []string
		take := func() {
			if n, changed := m.takeNames(all); changed {
				names = n
			}
		}
		var revision, applied int64
		var events []*mvccpb.Event
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				revision++
				events = append(events, tr.draw(t, revision))
			},
			"deliver": func(*rapid.T) {
				applied = m.apply(events, applied)
				events = events[len(events)/2:] // the server may send events again
			},
			"list": func(*rapid.T) {
				tr.list(m)
				applied = revision
			},
			"take":  func(*rapid.T) { take() },
			"watch": func(*rapid.T) { m.subscribe(discovery.Query{Name: "b"}, &atTimes)() },
		})
		m.apply(events, applied)
		take()
		m.subscribe(discovery.Query{Name: "b"}, &atTimes)
		var late lastTold
		m.subscribe(discovery.Query{Name: "a/b"}, &late)
		var want []string
		for service, got := range map[string]discovery.Snapshot{"a": always.Snapshot, "b": atTimes.Snapshot, "a/b": late.Snapshot} {
			truth := tr.of(service)
			got.At = truth.At
			if fmt.Sprint(got) != fmt.Sprint(truth) {
				t.Fatalf("service %q was seen as %v, want %v", service, got, truth)
			}
			if len(truth.Endpoints)+len(truth.Dropped) > 0 {
				want = append(want, service)
			}
		}
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Fatalf("the names are %q, want %q", names, want)
		}
	})
}

func TestMirrorTellsOfChangesOnly(t *testing.T) {
	m, tr := newMirror(testPrefix), truth{"a/1": "h:1", "b/1": "h:1"}
	var a lastTold
	m.subscribe(discovery.Query{Name: "a"}, &a)
	all := m.watchNames()
	if a.published+a.heard > 0 {
		t.Fatalf("before the first list the sink was told %+v, want nothing", a)
	}
	steps := []struct {
		name         string
		do           func()
		changed      bool // service a
		heard        bool
		namesChanged bool
	}{
		{"first list", func() { tr.list(m) }, true, false, true},
		{"same list", func() { tr.list(m) }, false, true, false},
		{"another service changes", func() { tr["b/1"] = "h:2"; tr.list(m) }, false, true, false},
		{"another service comes", func() { tr["c/1"] = "h:1"; tr.list(m) }, false, true, true},
		{"the service changes", func() { tr["a/1"] = "h:2"; tr.list(m) }, true, false, false},
		{"an event for another service", func() { m.apply([]*mvccpb.Event{put("c/1", "h:3")}, 0) }, false, false, false},
		{"an event that changes nothing", func() { m.apply([]*mvccpb.Event{put("a/1", "h:2")}, 0) }, false, false, false},
		{"an event", func() { m.apply([]*mvccpb.Event{put("a/1", "h:3")}, 0) }, true, false, false},
		{"the service goes", func() { delete(tr, "a/1"); tr.list(m) }, true, false, true},
		{"etcd is lost", func() { m.fail(errWatchClosed) }, false, true, false},
		{"an answer", func() { m.refresh(time.Now(), 0) }, false, true, false},
		{"an answer right after", func() { m.refresh(time.Now(), time.Hour) }, false, false, false},
	}
	for _, step := range steps {
		before := a
		step.do()
		if published := a.published - before.published; published != count(step.changed) {
			t.Errorf("%s: %d snapshots were published, want %d", step.name, published, count(step.changed))
		}
		if heard := a.heard - before.heard; heard != count(step.heard) {
			t.Errorf("%s: %d answers were heard, want %d", step.name, heard, count(step.heard))
		}
		if _, changed := m.takeNames(all); changed != step.namesChanged {
			t.Errorf("%s: the names changed is %v, want %v", step.name, changed, step.namesChanged)
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func put(key, value string) *mvccpb.Event {
	return &mvccpb.Event{Kv: &mvccpb.KeyValue{Key: []byte(testPrefix + key), Value: []byte(value), ModRevision: 1}}
}
