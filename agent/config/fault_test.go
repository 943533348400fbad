package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestFault(t *testing.T) {
	loader := Loader{
		LookupEnv: func(name string) (string, bool) { return "\xff", name == "NOT_UTF8" },
		LookupGroup: func(name string) error {
			return fmt.Errorf("unknown group %s", name)
		},
	}
	for _, tt := range faultCases {
		t.Run(tt.name, func(t *testing.T) {
			c, err := loader.Parse("test.hcl", []byte(tt.src))
			faults := refused(t, c, err)
			if len(faults) != 1 {
				t.Fatalf("got %d faults, want 1:\n%v", len(faults), err)
			}
			f := faults[0]
			if !strings.HasPrefix(f.Summary, tt.summary) {
				t.Errorf("summary %q does not begin with %q", f.Summary, tt.summary)
			}
			for _, want := range tt.detail {
				if !strings.Contains(f.Detail, want) {
					t.Errorf("detail %q does not hold %q", f.Detail, want)
				}
			}
			checkPlace(t, f, tt.src)
		})
	}
}

// checkPlace holds a fault to quoting the line that it names, up to what is secret in it or cut off.
func checkPlace(t *testing.T, f Fault, src string) {
	t.Helper()
	if f.File != "test.hcl" || f.Line < 1 || f.Column < 1 {
		t.Fatalf("place %s:%d:%d", f.File, f.Line, f.Column)
	}
	line := strings.Split(src, "\n")[f.Line-1]
	quoted, _, _ := strings.Cut(f.Snippet, "***")
	if quoted = strings.Trim(quoted, "…"); quoted == "" || !strings.Contains(line, quoted) {
		t.Errorf("line %d is quoted as %q, but it is %q", f.Line, f.Snippet, line)
	}
}

func TestGroupOfThisHost(t *testing.T) {
	c, err := Parse("test.hcl", []byte("api {\n group = \"no-such-group\"\n}"))
	if f := refused(t, c, err); len(f) != 1 || f[0].Line != 2 || !strings.Contains(f[0].Detail, "on this host") {
		t.Errorf("got:\n%v", err)
	}
	if c, err := Parse("test.hcl", []byte("api {\n group = \"0\"\n}")); err != nil || c.API.Group != "0" {
		t.Errorf("a group by id was refused:\n%v", err)
	}
}

// A person who made eight mistakes learns of all eight at once.
func TestEightFaults(t *testing.T) {
	src := `log_levle = "info"

api {
  mode = 0660
}

defaults {
  strategy = "roundrobin"
  health_check {
    interval = "5"
  }
}

provider "etcd" "legacy" {
  endpoints = ["https://10.0.0.1:2379"]
}

service "web" {
  source "legcy" {}
  backend "10.0.0.1:80" {
    weight = 70000
  }
  backend "10.0.0.2:0" {}
}
`
	want := []struct {
		line    int
		summary string
	}{
		{1, "Unsupported argument"},
		{4, "api.mode can't be 660"},
		{8, `strategy can't be "roundrobin"`},
		{10, `interval can't be "5"`},
		{14, `provider "legacy" needs prefix`},
		{19, `a source can't be "legcy"`},
		{21, "weight can't be 70000"},
		{23, `the address of a backend can't be "10.0.0.2:0"`},
	}
	dir := folderOf(t, map[string]string{"test.hcl": src})
	c, err := Load(dir)
	faults := refused(t, c, err)
	if len(faults) != len(want) {
		t.Fatalf("got %d faults, want %d:\n%v", len(faults), len(want), err)
	}
	for i, f := range faults {
		if f.Line != want[i].line || f.Summary != want[i].summary {
			t.Errorf("fault %d is %q on line %d, want %q on line %d", i, f.Summary, f.Line, want[i].summary, want[i].line)
		}
		if f.File != dir+"/test.hcl" || f.Snippet != strings.Split(src, "\n")[f.Line-1] {
			t.Errorf("fault %d quotes %q of %s", i, f.Snippet, f.File)
		}
		if strings.Count(err.Error(), f.String()) != 1 {
			t.Errorf("the error does not hold fault %d once", i)
		}
	}
	checkWire(t, faults)
}

func checkWire(t *testing.T, faults Faults) {
	t.Helper()
	for i, w := range faults.Wire() {
		f := faults[i]
		if w.File != f.File || w.Line != f.Line || w.Summary != f.Summary || w.Detail != f.Detail || w.Snippet != f.Snippet {
			t.Errorf("fault %d is %+v on the wire, want %+v", i, w, f)
		}
	}
}

// What follows a syntax fault can't be trusted, so nothing else is reported beside one.
func TestSyntaxFaultsAlone(t *testing.T) {
	for _, tt := range []struct {
		name, file, src string
		lines           []int
	}{
		{"native", "test.hcl", "log_level = \"inf\"\nservice \"web\" {\n", []int{2}},
		{"with a fault before it", "test.hcl", "api {\n mode = 0660\n}\nlog_level = )\n", []int{4}},
		{"one line", "test.hcl", "service \"web\" { backend \"a:1\" {} }", []int{1}},
		{"JSON", "test.hcl.json", "{\"log_level\": \"inf\",\n\"api\": }", []int{2}},
		{"JSON empty", "test.hcl.json", "", []int{1, 1}},
		{"JSON scalar", "test.hcl.json", "5", []int{1}},
		{"not UTF-8", "test.hcl", "log_level = \"\xff\"", []int{1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(tt.file, []byte(tt.src))
			var lines []int
			for _, f := range refused(t, c, err) {
				lines = append(lines, f.Line)
			}
			if !slices.Equal(lines, tt.lines) {
				t.Errorf("faults on lines %v, want %v:\n%v", lines, tt.lines, err)
			}
		})
	}
}

func TestFaultsInJSON(t *testing.T) {
	src := `{
  "log_level": "inf",
  "log_level": "info",
  "api": "x",
  "telemetry": {"listn": "x"},
  "service": {
    "web": [
      {"backend": {"a:1": {"weight": 1.5}}},
      {"backend": {"a:0": null}, "strategy": "${env(\"NOT_SET\")}"}
    ]
  }
}`
	loader := Loader{LookupEnv: func(string) (string, bool) { return "", false }}
	c, err := loader.Parse("test.hcl.json", []byte(src))
	var got []string
	for _, f := range refused(t, c, err) {
		got = append(got, fmt.Sprintf("%d: %s", f.Line, f.Summary))
	}
	want := []string{
		`2: log_level can't be "inf"`,
		"3: Duplicate argument",
		"4: Incorrect JSON value type",
		"5: Extraneous JSON object property",
		`7: service "web" is defined a second time`, // both stand in one list
		`7: service "web" has neither a source nor a backend`,
		"8: weight can't be 1.5",
		`9: environment variable "NOT_SET" is not set`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFaultText(t *testing.T) {
	f := Faults{{File: "a.hcl", Line: 12, Column: 8, Summary: "no", Detail: "yes", Snippet: "\tmöde = 1", caret: 8}, {File: "b", Summary: "gone"}}
	want := "a.hcl:12:8: no\n  12 | \tmöde = 1\n     | \t       ^\n  yes\n\nb: gone\n\n2 faults"
	if got := f.Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := (Fault{Summary: "no place"}).String(); got != "no place" {
		t.Errorf("a fault without a place is %q", got)
	}
	if _, ok := errors.AsType[Faults](fmt.Errorf("reload: %w", f)); !ok {
		t.Error("faults can't be found in an error that wraps them")
	}
}
