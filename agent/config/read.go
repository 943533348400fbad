package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// section is one block as it was read: what it sets and what stands in it.
type section struct {
	what   string    // in words, for faults: service "web"
	head   hcl.Range // where it begins, for faults of the whole
	attrs  hcl.Attributes
	blocks hcl.Blocks
}

// begin is a section that has yet to be read. It begins at the last label, which in JSON may be far
// from the type.
func begin(what string, b *hcl.Block) section {
	if n := len(b.LabelRanges); n > 0 {
		return section{what: what, head: b.LabelRanges[n-1]}
	}
	return section{what: what, head: b.TypeRange}
}

func (s section) sets(name string) bool { return s.attrs[name] != nil }

// at is where the value of a setting stands, or the beginning of the block when it is not set.
func (s section) at(name string) hcl.Range {
	if attr := s.attrs[name]; attr != nil {
		return attr.Expr.Range()
	}
	return s.head
}

// read reads a block into the struct that holds its settings and reports what it should not hold.
// What is not set keeps its value; what is set to something invalid becomes zero, so that nothing more
// is concluded from it. The kind is asked before each setting, since one setting may decide it; nil
// stands for a block that comes in one kind only.
func read[B any](w *walk, s section, body hcl.Body, t table[B], nested []hcl.BlockHeaderSchema, into *B, kind func() string) section {
	if kind == nil {
		kind = func() string { return "" }
	}
	content, diags := body.Content(t.schema(nested))
	s.attrs, s.blocks = content.Attributes, content.Blocks
	for _, a := range t {
		attr := s.attrs[a.name]
		switch {
		case attr != nil && a.has(kind()):
			set(w, attr, a, into)
		case attr != nil:
			w.fault(attr.NameRange, fmt.Sprintf("%s is of type %s, which has no %s", s.what, kind(), a.name),
				"Types that have it: "+strings.Join(a.kinds, ", ")+".")
		case a.required && a.has(kind()):
			w.fault(s.head, s.what+" needs "+a.name, "It is "+a.says(into)+".")
		}
	}
	w.unexpected(diags, t.of(kind()).schema(nested))
	return s
}

// set evaluates one argument and puts it into its field.
func set[B any](w *walk, attr *hcl.Attribute, a attribute[B], into *B) {
	target := a.field(into)
	_, isSecret := target.(*Secret)
	v, diags := attr.Expr.Value(w.eval)
	if diags.HasErrors() {
		w.unevaluated(a.path(), diags, isSecret, a.says(into))
	} else if err := fit(target, v, a.allow); err != nil {
		w.refuse(attr.Expr.Range(), a.path(), shown(v, isSecret), a.allow.names, a.says(into), err)
	} else {
		return
	}
	a.clear(into)
}

// fit puts v into the field, unless its type or the rule is against it.
func fit(target any, v cty.Value, allow rule) error {
	if !v.IsWhollyKnown() || !assign(target, v) {
		return errOutside
	}
	if allow.check == nil {
		return nil
	}
	return allow.check(reflect.ValueOf(target).Elem().Interface())
}

func shown(v cty.Value, isSecret bool) string {
	if isSecret {
		return mask
	}
	return show(v)
}

// refuse reports a value that is not allowed. The value comes as it is to be shown.
func (w *walk) refuse(at hcl.Range, name, value string, names []string, says string, err error) {
	var detail strings.Builder
	if !errors.Is(err, errOutside) {
		detail.WriteString("Not allowed: " + err.Error() + ". ")
	}
	detail.WriteString(didYouMean(strings.Trim(value, `"`), names))
	detail.WriteString("Allowed: " + says + ".")
	w.fault(at, name+" can't be "+value, detail.String())
}

// unexpected reports arguments and blocks that have no place in a block, and labels too many or too
// few, with what the block may hold.
func (w *walk) unexpected(diags hcl.Diagnostics, allowed *hcl.BodySchema) {
	for _, d := range diags {
		detail := d.Detail
		if strings.HasPrefix(d.Summary, "Unsupported") || d.Summary == "Extraneous JSON object property" {
			names := allNames(allowed)
			if !strings.Contains(detail, "Did you mean") { // the library leaves out what is set already
				detail += " " + didYouMean(w.sourceText(subject(d)), names)
			}
			detail = strings.TrimSpace(detail) + " Allowed here: " + strings.Join(names, ", ") + "."
		}
		w.fault(subject(d), d.Summary, detail)
	}
}

func allNames(s *hcl.BodySchema) []string {
	var names []string
	for _, a := range s.Attributes {
		names = append(names, a.Name)
	}
	for _, b := range s.Blocks {
		names = append(names, b.Type)
	}
	return names
}

// unevaluated reports an expression without a value. What the library says of one may repeat a part of
// it, which of a secret must not be shown.
func (w *walk) unevaluated(name string, diags hcl.Diagnostics, isSecret bool, says string) {
	for _, d := range diags {
		call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
		var unset unsetError
		switch {
		case ok && errors.As(call.FunctionCallError(), &unset):
			w.fault(subject(d), unset.Error(), fmt.Sprintf("%s takes its value from env(%q).", name, unset.name))
		case isSecret:
			w.fault(subject(d), name+" has no value", "It is a secret, so the details are not shown. Allowed: "+says+".")
		case d.Summary == "Variables not allowed":
			w.fault(subject(d), name+" has no value", "There are no variables, and strings stand in double quotes. Allowed: "+says+".")
		default:
			w.fault(subject(d), name+" has no value: "+d.Summary, d.Detail+" Allowed: "+says+".")
		}
	}
}
