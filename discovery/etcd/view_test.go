package etcd

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

// shelved is a shelf with records of those ids and values.
func shelved(pairs ...string) *shelf {
	s := new(shelf)
	for pair := range slices.Chunk(pairs, 2) {
		s.put([]byte(pair[0]), []byte(pair[1]))
	}
	return s
}

// shown is what a query gets to see of a shelf.
func shown(s *shelf, prefix string, q discovery.Query) discovery.Snapshot {
	v := newView(prefix, q)
	return v.snapshot(s.read(v.prefix))
}

func tagged(address string, tags ...string) string {
	return fmt.Sprintf(`{"Addr":%q,"Metadata":{"tags":["%s"]}}`, address, strings.Join(tags, `","`))
}

func TestSnapshot(t *testing.T) {
	tests := []struct {
		name    string
		tags    []string
		records *shelf
		ids     []string // of the endpoints, in order
		dropped []string // a part of each error, in order
	}{
		{name: "no keys", records: shelved()},
		{name: "key order", records: shelved("1", "b:1", "2", "a:1"), ids: []string{"1", "2"}},
		{
			name:    "bad beside good",
			records: shelved("1", "nonsense", "2", "a:1", "3", `{"Op":1}`),
			ids:     []string{"2"},
			dropped: []string{`key "/services/web/1": parse address "nonsense"`},
		},
		{
			name:    "the first of two keys with one address wins",
			records: shelved("1", "A:1", "2", "a:1", "3", "b:1"),
			ids:     []string{"1", "3"},
			dropped: []string{`key "/services/web/2": the address a:1 is already that of key "/services/web/1"`},
		},
		{
			name:    "all tags are needed",
			tags:    []string{"v2", "eu"},
			records: shelved("1", tagged("a:1", "v2"), "2", tagged("b:1", "eu", "v2"), "3", "c:1"),
			ids:     []string{"2"},
		},
		{
			name:    "a key that the query does not want takes no address",
			tags:    []string{"v2"},
			records: shelved("1", "a:1", "2", tagged("a:1", "v2")),
			ids:     []string{"2"},
		},
		{name: "no id", records: shelved("", "a:1"), dropped: []string{`key "/services/web/": the id`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := shown(test.records, "/services/", discovery.Query{Name: "web", Tags: test.tags})
			if ids := endpointIDs(got); !slices.Equal(ids, test.ids) {
				t.Errorf("the snapshot has ids %q, want %q", ids, test.ids)
			}
			if len(got.Dropped) != len(test.dropped) {
				t.Fatalf("dropped %q, want %q", got.Dropped, test.dropped)
			}
			for i, err := range got.Dropped {
				if !strings.Contains(err.Error(), test.dropped[i]) {
					t.Errorf("dropped %q, want %q", err, test.dropped[i])
				}
			}
		})
	}
}

func endpointIDs(s discovery.Snapshot) []string {
	var ids []string
	for _, e := range s.Endpoints {
		ids = append(ids, e.ID)
	}
	return ids
}

// TestReadingFollowsChanges holds that what a shelf remembers never shows in what is published, whatever
// keys come, change and go between two looks, and that no published list is written to.
func TestReadingFollowsChanges(t *testing.T) {
	values := []string{"a:1", "b:1", "A:1", "bad", `{"Op":1}`, tagged("c:1", "v2"), tagged("d:1", "v2", "v3"), ""}
	rapid.Check(t, func(t *rapid.T) {
		s, holds := new(shelf), make(map[string]string)
		published := make(map[string]discovery.Snapshot) // by what it was
		query := discovery.Query{Name: "web", Tags: rapid.SampledFrom([][]string{nil, {"v2"}}).Draw(t, "tags")}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				id, value := rapid.StringMatching(`[0-9]?`).Draw(t, "id"), rapid.SampledFrom(values).Draw(t, "value")
				if before, there := holds[id]; s.put([]byte(id), []byte(value)) == (there && before == value) {
					t.Fatalf("put tells wrongly whether %q changed from %q to %q", id, before, value)
				}
				holds[id] = value
			},
			"remove": func(t *rapid.T) {
				id := rapid.StringMatching(`[0-9]?`).Draw(t, "id")
				if _, there := holds[id]; s.remove([]byte(id)) != there {
					t.Fatalf("remove tells wrongly whether %q was there", id)
				}
				delete(holds, id)
			},
			"look": func(t *rapid.T) {
				fresh := new(shelf)
				for id, value := range holds {
					fresh.put([]byte(id), []byte(value))
				}
				got, want := shown(s, "", query), shown(fresh, "", query)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("the snapshot is %v, want %v", got, want)
				}
				if !s.same(fresh) || !fresh.same(s) {
					t.Fatal("shelves that hold the same are said to differ")
				}
				published[fmt.Sprint(got)] = got
			},
		})
		for text, snapshot := range published {
			if now := fmt.Sprint(snapshot); now != text {
				t.Fatalf("published as %s, and written to since: %s", text, now)
			}
		}
	})
}

// Whoever watches the same service shares one list, and what is read keeps no value.
func TestReadingIsShared(t *testing.T) {
	s := shelved("1", tagged("a:1", "v2"), "2", tagged("b:1", "v2"))
	one, two := s.read(""), s.read("")
	if &one.endpoints[0] != &two.endpoints[0] {
		t.Error("a second look at the same records makes a second list")
	}
	if &one.endpoints[0].Tags[0] != &one.endpoints[1].Tags[0] {
		t.Error("two endpoints with equal tags have a list of tags each")
	}
	for _, r := range s.records {
		if r.text != r.id() {
			t.Errorf("the record %q still holds its value", r.text)
		}
	}
}
