package discovery_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

func TestFilterMatch(t *testing.T) {
	e := discovery.Endpoint{
		Address: "10.0.0.1:80", ID: "web-1", Weight: 5, Zone: "eu-1a",
		Tags: []string{"v2", "blue"}, Meta: map[string]string{"rack": "7", "rack-row": "a b", "empty": "", "path": "/api"},
	}
	bare := discovery.Endpoint{Address: "h:1"}
	tests := []struct {
		expression string
		e, bare    bool
	}{
		{`Address == "10.0.0.1:80"`, true, false},
		{`Address matches "^10[.]"`, true, false},
		{`ID == "web-2"`, false, false},
		{`ID != "web-1"`, false, true},
		{`Zone == "eu-1a"`, true, false},
		{`"eu" in Zone`, true, false},
		{`Zone contains us`, false, false},
		{`Zone is empty`, false, true},
		{`Weight == 5`, true, false},
		{`Weight != 5`, false, true},
		{`"v2" in Tags`, true, false},
		{`v2 in Tags`, true, false},
		{`"v" in Tags`, false, false},
		{`Tags contains "blue" and Tags not contains "green"`, true, false},
		{`"green" not in Tags`, true, true},
		{`Tags is not empty`, true, false},
		{`Meta.rack == "7"`, true, false},
		{`Meta.rack == 7`, true, false}, // metadata is text, however the value is written
		{`Meta["rack-row"] == "a b"`, true, false},
		{`"/Meta/rack-row" == "a b"`, true, false},
		{`Meta.rack != "7"`, false, true}, // what is not there equals nothing
		{`Meta.rack is empty`, false, true},
		{`Meta.empty is empty`, true, true},
		{`"rack" in Meta`, true, false},
		{"Meta.path == `/api`", true, false},
		{`Meta is empty`, false, true},
		{`not Zone is empty or Weight == 5`, true, false},
		{`(Zone == x or "v2" in Tags) and Meta.rack matches "^[0-9]$"`, true, false},
		{"any Tags as t { t matches `^v[0-9]$` }", true, false},
		{"all Tags as t { t matches `^v[0-9]$` }", false, true},
		{`Zone is empty or (any Meta as k, v { k == rack and v == "7" })`, true, true},
		{`any Tags as i, t { i == 1 and t == blue }`, true, false},
	}
	for _, tt := range tests {
		f, err := discovery.CompileFilter(tt.expression)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, half := range []struct {
			e    discovery.Endpoint
			want bool
		}{{e, tt.e}, {bare, tt.bare}} {
			if got, err := f.Match(half.e); err != nil || got != half.want {
				t.Errorf("%s matches %v: %v, %v, want %v", tt.expression, half.e, got, err, half.want)
			}
		}
	}
}

func TestFilterRefused(t *testing.T) {
	tests := []struct{ expression, says string }{
		{"", "no match found"},
		{"Zone", "1:5"},
		{"Zone = a", `expected: "!=", "=="`},
		{"Weight > 3", "1:8"},
		{`Zone == "a`, "Unterminated string literal"},
		{"(Zone == a", "Unmatched parentheses"},
		{"Port == 1", `there is no selector "Port", only Address, ID, Zone, Weight, Tags, Meta`},
		{"zone == a", `there is no selector "zone"`},
		{"Service.Tags == a", `there is no selector "Service"`},
		{"Weight == heavy", `Weight is a number, and "heavy" is none`},
		{"Weight == 1.5", `"1.5" is none`},
		{"5 in Weight", `Weight is a number, for which there is no "in"`},
		{"Tags == a", `Tags is a list, for which there is no "equal"`},
		{"Tags matches a", `Tags is a list, for which there is no "matches"`},
		{"Meta == a", `Meta is a table, for which there is no "equal"`},
		{"Tags.0 == a", `Tags has no part "0"`},
		{"Zone.a == b", `Zone has no part "a"`},
		{"Meta.a.b == x", `Meta has no part "a.b"`},
		{"Tags is nil", `Tags is a list, for which there is no "is nil"`},
		{"Zone matches `(`", "missing closing )"},
		{`Meta.path == "/api"`, "needs backquotes"},
		{"any Zone as z { z == a }", "Zone is a text, which has no elements"},
		{"any Tags as t { x == a }", `there is no selector "x"`},
		{"any Tags as Zone { Zone == a }", `the variable "Zone" has the name of something else`},
		{"any Tags as t, t { t == a }", `the variable "t" has the name of something else`},
		{"any Tags as i, t { i == a }", `i is a number, and "a" is none`},
		{"Zone == a or Port == 1", `"Port"`}, // also where evaluating would not come
		{"Zone == a and not (Zone == b and Port == 1)", `"Port"`},
		{strings.Repeat(" ", 4090) + "Zone == a", "4099 bytes, at most 4096"},
		{strings.Repeat("(", 100) + "Zone == a" + strings.Repeat(")", 100), "max number of expressions"},
	}
	for _, tt := range tests {
		f, err := discovery.CompileFilter(tt.expression)
		if f != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.60q gives %v, want an error that says %q", tt.expression, err, tt.says)
		}
	}
	if _, err := discovery.CompileFilter("Port == 1 and Tags == a"); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two faults give %v", err)
	}
}

func TestFilterSyntax(t *testing.T) {
	if err := discovery.CheckFilterSyntax(`Service.Port != 80 and "v2" in Service.Tags`); err != nil {
		t.Errorf("refused an expression over another kind of entries: %v", err)
	}
	if err := discovery.CheckFilterSyntax("Service.Port > 80"); err == nil {
		t.Error("accepted an operator that there is none of")
	}
}

func TestFilterString(t *testing.T) {
	var none *discovery.Filter
	f, err := discovery.CompileFilter("Zone == a")
	if err != nil || f.String() != "Zone == a" || none.String() != "" {
		t.Errorf("got %q and %q, error %v", f, none, err)
	}
}

// expressions draws what looks like an expression, right and wrong.
func expressions() *rapid.Generator[string] {
	match := rapid.Custom(func(t *rapid.T) string {
		selector := rapid.SampledFrom([]string{"Address", "ID", "Zone", "Weight", "Tags", "Meta", "Meta.k", `Meta["v"]`, "Tags.0", "x", "y"}).Draw(t, "selector")
		value := rapid.SampledFrom([]string{"5", `"v"`, "k", "`[`", `"/v"`, "1.5"}).Draw(t, "value")
		operator := rapid.SampledFrom([]string{"==", "!=", "contains", "not contains", "matches", "not matches", "is empty", "is not empty", "is nil", "in"}).Draw(t, "operator")
		switch {
		case strings.HasPrefix(operator, "is"):
			return selector + " " + operator
		case operator == "in":
			return value + " in " + selector
		}
		return selector + " " + operator + " " + value
	})
	return rapid.Custom(func(t *rapid.T) string {
		expression := match.Draw(t, "match")
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			form := rapid.SampledFrom([]string{"not (%s)", "(%s) and %s", "%[2]s or (%[1]s)", "any Tags as x { %s }", "all Meta as x, y { %s }"}).Draw(t, "form")
			expression = fmt.Sprintf(form+"%.0[1]s%.0[2]s", expression, match.Draw(t, "other"))
		}
		return expression
	})
}

// filterSamples take every branch of most expressions.
var filterSamples = []discovery.Endpoint{
	{Address: "v", ID: "v", Zone: "v", Weight: 5, Tags: []string{"v", "k"}, Meta: map[string]string{"k": "v", "v": "k"}},
	{Address: "k:5", Zone: "5", Tags: []string{"5"}, Meta: map[string]string{"x": "5"}},
	{Address: "a:1", Tags: []string{}, Meta: map[string]string{}},
	{},
}

// What compiles can be evaluated, whatever the endpoint is.
func TestWhatCompilesNeverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkFilter(t, expressions().Draw(t, "expression"))
	})
}

func checkFilter(t interface{ Fatalf(string, ...any) }, expression string) {
	f, err := discovery.CompileFilter(expression)
	if err != nil {
		return
	}
	if err := discovery.CheckFilterSyntax(expression); err != nil {
		t.Fatalf("%q compiles, but its syntax is refused: %v", expression, err)
	}
	for _, e := range filterSamples {
		was := e
		if _, err := f.Match(e); err != nil || !reflect.DeepEqual(e, was) {
			t.Fatalf("%q and %v: %v", expression, e, err)
		}
	}
}

func FuzzCompileFilter(f *testing.F) {
	for _, seed := range []string{
		`"v2" in Tags and Meta["rack-id"] != 7`, "any Tags as i, t { t matches `^v` }", `"/Meta/k" is empty`, "((Zone == a))", "not not Weight == 5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) { checkFilter(t, expression) })
}

// The library compiles regular expressions on the way, which must not meet itself.
func TestFilterConcurrently(t *testing.T) {
	f, err := discovery.CompileFilter("Zone matches `^a` or Address matches `^b`")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				if wanted, err := f.Match(discovery.Endpoint{Address: "b:1", Zone: fmt.Sprint(i)}); !wanted || err != nil {
					t.Errorf("got %v, %v", wanted, err)
				}
			}
		})
	}
	wg.Wait()
}
