package consul

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"
)

// FuzzAnswer holds what is read of an answer element by element against the same answer read as a
// whole: both take it and see the same, or the former refuses it. It never panics.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"consul":[],"web":["v1","v2"],"a/b":null}`, `{}`, `{"web":`, `{"web":[]}x`, `{"a":1,"a":2}`, `{1:2}`, `{"a" "b"}`, `{"":[]}`, `{"a":[}`, `{,}`,
		`[{"Node":{"Address":"10.0.0.1"},"Service":{"ID":"a","Port":80},"Checks":[{"Status":"passing"}]},null,{}]`,
		`[]`, `[`, `[[`, `[{"Service":{"Port":"80"}}]`, `[1,]`, `null`, "", "\xff", `<html>`, `[` + strings.Repeat("[", 20_000),
		`{"\ud800":[],"\u0000":[]}`, " \n[ ] ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, namesErr := serviceNames(text)
		var whole map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &whole); err == nil && whole != nil {
			checkSame(t, namesErr, len(names) >= len(whole))
		}
		for _, name := range names {
			if _, ok := whole[name]; namesErr == nil && !ok && whole != nil {
				t.Errorf("%q has a service %q that is not in it", text, name)
			}
		}
		entries, entriesErr := serviceEntries(text)
		var all []*api.ServiceEntry
		if err := json.Unmarshal([]byte(text), &all); err == nil && all != nil {
			checkSame(t, entriesErr, len(entries) == len(all))
		}
	})
}

// checkSame wants that an answer was read, and as it should be, unless it is beyond a limit.
func checkSame(t *testing.T, err error, same bool) {
	t.Helper()
	if errors.Is(err, errBodyTooLarge) {
		return
	}
	if err != nil || !same {
		t.Errorf("a sound answer was read as %v, the same: %v", err, same)
	}
}

func serviceNames(text string) (names []string, err error) {
	err = eachElement(strings.NewReader(text), '{', func(d *json.Decoder) error {
		name, err := nameOf(d)
		names = append(names, name)
		return err
	})
	return names, err
}

func serviceEntries(text string) (entries []*api.ServiceEntry, err error) {
	err = eachElement(strings.NewReader(text), '[', func(d *json.Decoder) error {
		var e *api.ServiceEntry
		err := d.Decode(&e)
		entries = append(entries, e)
		return err
	})
	return entries, err
}
