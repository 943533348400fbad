package config

import (
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// attribute is one row of a schema: one setting of a block that is read into a B.
type attribute[B any] struct {
	block    string // the block of the top level it stands in; only in the table of settings
	name     string
	field    func(*B) any // points to the field; its type is the type of the setting
	initial  any          // the default, of the field's type; nil: the zero value
	allow    rule         // beyond the type; the zero rule allows every value
	required bool
	restart  bool     // a change needs a restart; otherwise a reload applies it
	kinds    []string // the types of provider or check that have the setting; nil: all
}

// table is all settings of one kind of block, in the order they are shown.
type table[B any] []attribute[B]

// in gives the settings of one block of the top level.
func (t table[B]) in(block string) table[B] {
	return slices.DeleteFunc(slices.Clone(t), func(a attribute[B]) bool { return a.block != block })
}

// of gives the settings that a block of this kind has.
func (t table[B]) of(kind string) table[B] {
	return slices.DeleteFunc(slices.Clone(t), func(a attribute[B]) bool { return !a.has(kind) })
}

// with gives the table with another rule for one setting, for rules that are known only at run time.
func (t table[B]) with(name string, allow rule) table[B] {
	t = slices.Clone(t)
	for i := range t {
		if t[i].name == name {
			t[i].allow = allow
		}
	}
	return t
}

// fill sets every default.
func (t table[B]) fill(b *B) {
	for _, a := range t {
		if a.initial != nil {
			reflect.ValueOf(a.field(b)).Elem().Set(reflect.ValueOf(a.initial))
		}
	}
}

// schema is the table and the nested blocks as the HCL library wants them. What is required is checked
// by read, whose faults name the block.
func (t table[B]) schema(nested []hcl.BlockHeaderSchema) *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: nested, Attributes: make([]hcl.AttributeSchema, len(t))}
	for i, a := range t {
		s.Attributes[i].Name = a.name
	}
	return s
}

// has says whether a block of this kind has the setting. The empty kind is one that is not known, for
// which nothing is ruled out.
func (a attribute[B]) has(kind string) bool {
	return kind == "" || a.kinds == nil || slices.Contains(a.kinds, kind)
}

// path is the setting's name with its block: api.socket.
func (a attribute[B]) path() string {
	if a.block == "" {
		return a.name
	}
	return a.block + "." + a.name
}

// says is what is allowed, in words.
func (a attribute[B]) says(b *B) string {
	if a.allow.says != "" {
		return a.allow.says
	}
	return typeSays(a.field(b))
}

// same says whether both have the same value.
func (a attribute[B]) same(x, y *B) bool {
	return reflect.DeepEqual(a.field(x), a.field(y))
}

// clear sets the field to its zero value.
func (a attribute[B]) clear(b *B) { reflect.ValueOf(a.field(b)).Elem().SetZero() }

// copy gives to the value that from has.
func (a attribute[B]) copy(to, from *B) {
	reflect.ValueOf(a.field(to)).Elem().Set(reflect.ValueOf(a.field(from)).Elem())
}
