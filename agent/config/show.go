package config

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// maxShown bounds how much of a value a fault shows, in bytes.
const maxShown = 120

// show writes a value much as it stands in the file, cut where it is long.
func show(v cty.Value) string {
	var b strings.Builder
	write(&b, v)
	if b.Len() > maxShown {
		return strings.ToValidUTF8(b.String()[:maxShown], "") + "…"
	}
	return b.String()
}

// write stops adding parts to a list or object that is too long to be shown anyway.
func write(b *strings.Builder, v cty.Value) {
	switch t := v.Type(); {
	case v.IsNull():
		b.WriteString("null")
	case !v.IsKnown():
		b.WriteString("an unknown value")
	case t == cty.String:
		b.WriteString(strconv.Quote(v.AsString()))
	case t == cty.Number:
		b.WriteString(number(v.AsBigFloat()))
	case t == cty.Bool:
		b.WriteString(strconv.FormatBool(v.True()))
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		writeParts(b, v, "[", "]")
	case t.IsObjectType() || t.IsMapType():
		writeParts(b, v, "{", "}")
	default:
		b.WriteString("a value of type " + t.FriendlyName())
	}
}

// number writes f in decimal, unless that would take long: the digits of 1e999999999 fill the memory.
func number(f *big.Float) string {
	if exponent := f.MantExp(nil); !f.IsInf() && (exponent > 4096 || exponent < -4096) {
		return fmt.Sprintf("a number of the size of 2^%d", exponent)
	}
	return f.Text('g', 20)
}

func writeParts(b *strings.Builder, v cty.Value, begin, end string) {
	b.WriteString(begin)
	first := true
	for key, element := range v.Elements() {
		if b.Len() > maxShown {
			break
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		if begin == "{" {
			b.WriteString(strconv.Quote(key.AsString()) + " = ")
		}
		write(b, element)
	}
	b.WriteString(end)
}
