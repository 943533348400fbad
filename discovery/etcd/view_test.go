package etcd

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

func records(pairs ...string) []record {
	list := make([]record, 0, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, newRecord([]byte(pair[0]), []byte(pair[1])))
	}
	return list
}

func tagged(address string, tags ...string) string {
	return fmt.Sprintf(`{"Addr":%q,"Metadata":{"tags":["%s"]}}`, address, strings.Join(tags, `","`))
}

func TestSnapshot(t *testing.T) {
	tests := []struct {
		name    string
		tags    []string
		records []record
		ids     []string // of the endpoints, in order
		dropped []string // a part of each error, in order
	}{
		{name: "no keys"},
		{name: "key order", records: records("1", "b:1", "2", "a:1"), ids: []string{"1", "2"}},
		{
			name:    "bad beside good",
			records: records("1", "nonsense", "2", "a:1", "3", `{"Op":1}`),
			ids:     []string{"2"},
			dropped: []string{`key "/services/web/1": parse address "nonsense"`},
		},
		{
			name:    "the first of two keys with one address wins",
			records: records("1", "A:1", "2", "a:1", "3", "b:1"),
			ids:     []string{"1", "3"},
			dropped: []string{`key "/services/web/2": the address a:1 is already that of key "/services/web/1"`},
		},
		{
			name:    "all tags are needed",
			tags:    []string{"v2", "eu"},
			records: records("1", tagged("a:1", "v2"), "2", tagged("b:1", "eu", "v2"), "3", "c:1"),
			ids:     []string{"2"},
		},
		{
			name:    "a key that the query does not want takes no address",
			tags:    []string{"v2"},
			records: records("1", "a:1", "2", tagged("a:1", "v2")),
			ids:     []string{"2"},
		},
		{name: "no id", records: records("", "a:1"), dropped: []string{`key "/services/web/": the id`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := newView("/services/", discovery.Query{Name: "web", Tags: test.tags}).snapshot(test.records)
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

// TestSnapshotFollowsChanges holds that what a view remembers never shows in what it publishes.
func TestSnapshotFollowsChanges(t *testing.T) {
	v := newView("", discovery.Query{Name: "web"})
	for _, now := range [][]record{
		records("1", "a:1", "2", "b:1", "4", "d:1"),
		records("2", "b:1", "3", "c:1", "4", "d:2"),
		records("1", "bad", "2", "b:1"),
		records("0", "z:1", "1", "a:1", "2", "b:1"),
		nil,
		records("2", "b:1"),
	} {
		got, want := v.snapshot(now), newView("", discovery.Query{Name: "web"}).snapshot(now)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with %v the snapshot is %v, want %v", now, got, want)
		}
	}
}
