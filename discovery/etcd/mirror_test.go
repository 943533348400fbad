package etcd

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"pgregory.net/rapid"
)

const testPrefix = "/services/"

// truth is what etcd holds, by key without the prefix.
type truth map[string]string

func (tr truth) of(service string) []record {
	var list []record
	for _, key := range slices.Sorted(maps.Keys(tr)) {
		if id, ok := strings.CutPrefix(key, service+"/"); ok && !strings.Contains(id, "/") {
			list = append(list, newRecord([]byte(id), []byte(tr[key])))
		}
	}
	return list
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

// TestMirrorHoldsTheTruth plays random histories, in which lists come between events, some of them
// late and repeated, and looks at the mirror at random moments.
func TestMirrorHoldsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, tr := newMirror(testPrefix), truth{}
		tr.list(m)
		a, all := m.subscribe("a"), m.subscribe(allNames)
		var seen []record // by the subscriptions
		var names []string
		take := func() {
			if n := m.take(a); n.changed {
				seen = n.records
			}
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
			"take": func(*rapid.T) { take() },
		})
		m.apply(events, applied)
		take()
		if want := tr.of("a"); !slices.Equal(seen, want) {
			t.Fatalf("the subscription saw %v, want %v", seen, want)
		}
		var want []string
		for _, service := range []string{"a", "a/b", "b"} {
			if got := m.catalog[service]; !slices.Equal(got, tr.of(service)) {
				t.Fatalf("service %q has %v, want %v", service, got, tr.of(service))
			}
			if len(tr.of(service)) > 0 {
				want = append(want, service)
			}
		}
		if !slices.Equal(names, want) {
			t.Fatalf("the names are %q, want %q", names, want)
		}
	})
}

func TestMirrorTellsOfChangesOnly(t *testing.T) {
	m, tr := newMirror(testPrefix), truth{"a/1": "h:1", "b/1": "h:1"}
	a, all := m.subscribe("a"), m.subscribe(allNames)
	if n := m.take(a); n.listed || n.changed {
		t.Fatalf("before the first list the news is %+v, want nothing", n)
	}
	steps := []struct {
		name         string
		do           func()
		changed      bool // for service a
		namesChanged bool
	}{
		{"first list", func() { tr.list(m) }, true, true},
		{"same list", func() { tr.list(m) }, false, false},
		{"another service changes", func() { tr["b/1"] = "h:2"; tr.list(m) }, false, false},
		{"another service comes", func() { tr["c/1"] = "h:1"; tr.list(m) }, false, true},
		{"the service changes", func() { tr["a/1"] = "h:2"; tr.list(m) }, true, false},
		{"the service goes", func() { delete(tr, "a/1"); tr.list(m) }, true, true},
		{"etcd is lost", func() { m.fail(errWatchClosed) }, false, false},
		{"an answer", func() { m.refresh(time.Now(), 0) }, false, false},
	}
	for _, step := range steps {
		step.do()
		if n := m.take(a); n.changed != step.changed {
			t.Errorf("%s: changed is %v, want %v", step.name, n.changed, step.changed)
		}
		if _, changed := m.takeNames(all); changed != step.namesChanged {
			t.Errorf("%s: the names changed is %v, want %v", step.name, changed, step.namesChanged)
		}
	}
}
