package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// walk is one load: it goes through the files, fills in the configuration and collects faults.
type walk struct {
	loader Loader
	files  map[string]*file
	order  map[string]int // of the files, by name
	eval   *hcl.EvalContext
	seen   places // what of the top level has been defined
	config *Config
	faults Faults

	strategies rule

	check  HealthCheck // what a service's health_check inherits, of every type
	probed bool        // whether a service without a health_check of its own is probed

	outlier outlierDetection // what a service's outlier_detection inherits
}

// places is where things were defined first, by what they are called in faults.
type places map[string]hcl.Range

func (l Loader) read(files []*file) (*Config, error) {
	w := &walk{
		loader: l, files: make(map[string]*file), order: make(map[string]int),
		seen: make(places), eval: evalContext(l.lookupEnv), config: new(Config),
		strategies: oneOf(l.strategies()...),
	}
	for i, f := range files {
		w.files[f.name], w.order[f.name] = f, i
	}
	again := w.parse(files)
	if len(w.faults) == 0 {
		w.diagnose(again)
		w.root(files)
	}
	if len(w.faults) > 0 {
		w.sort()
		return nil, w.faults
	}
	return w.config, nil
}

// parse reports syntax faults. The native parser reports an argument that is set twice too; that is
// no fault of syntax, so it is handed back for later.
func (w *walk) parse(files []*file) (again hcl.Diagnostics) {
	for _, f := range files {
		parsed, diags := parseFile(f)
		f.body = parsed.Body
		for _, d := range diags {
			if redefined(d) {
				again = append(again, d)
				continue
			}
			f.broken = true
			w.syntax(d)
		}
	}
	return again
}

func redefined(d *hcl.Diagnostic) bool { return d.Summary == "Attribute redefined" }

func parseFile(f *file) (*hcl.File, hcl.Diagnostics) {
	if strings.HasSuffix(f.name, ".json") {
		return json.Parse(f.src, f.name)
	}
	return hclsyntax.ParseConfig(f.src, f.name, hcl.InitialPos)
}

// fault adds a fault at a place.
func (w *walk) fault(at hcl.Range, summary, detail string) {
	fault := Fault{
		File: at.Filename, Line: at.Start.Line, Column: at.Start.Column,
		Summary: hideUsers(summary), Detail: hideUsers(strings.TrimSpace(detail)),
	}
	if f := w.files[at.Filename]; f != nil {
		fault.Snippet, fault.caret, _ = f.quote(at.Start.Byte)
	}
	w.faults = append(w.faults, fault)
}

// sourceText is the text at a place, without quotes around it.
func (w *walk) sourceText(at hcl.Range) string {
	f := w.files[at.Filename]
	if f == nil || !at.CanSliceBytes(f.src) {
		return ""
	}
	return strings.Trim(string(at.SliceBytes(f.src)), `"`)
}

// syntax adds what the parser found. Some of its details repeat a part of the line.
func (w *walk) syntax(d *hcl.Diagnostic) {
	detail := d.Detail
	at := subject(d)
	if f := w.files[at.Filename]; f != nil {
		if _, _, redacted := f.quote(at.Start.Byte); redacted {
			detail = "The line holds a secret, so the details are not shown."
		}
	}
	w.fault(at, d.Summary, detail)
}

// diagnose adds what the HCL library found, in its own words.
func (w *walk) diagnose(diags hcl.Diagnostics) {
	for _, d := range diags {
		w.fault(subject(d), d.Summary, d.Detail)
	}
}

// subject is where a fault is; the library may leave it out.
func subject(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

// once reports a second definition of what, with the place of the first.
func (w *walk) once(seen places, what string, at hcl.Range) {
	if first, again := seen[what]; again {
		w.fault(at, what+" is defined a second time", fmt.Sprintf("It is defined first at %s:%d.", first.Filename, first.Start.Line))
		return
	}
	seen[what] = at
}

// sort puts the faults in the order in which a reader of the files meets them.
func (w *walk) sort() {
	slices.SortStableFunc(w.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(w.order[a.File], w.order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
