package config

import (
	"fmt"
	"io/fs"
	"math/big"
	"strconv"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// assign puts v into the field that target points to, unless it is of another type or does not fit.
// Numbers and booleans may be written as strings, so that env() can give them; strings may not be
// written as numbers, since 0660 and 1.10 would not stay as they are.
func assign(target any, v cty.Value) bool {
	switch target := target.(type) {
	case *string:
		return put(target, v, toString)
	case *Secret:
		return put(target, v, func(v cty.Value) (Secret, bool) { s, ok := toString(v); return NewSecret(s), ok })
	case *bool:
		return put(target, v, toBool)
	case *int:
		return put(target, v, toInt)
	case *float64:
		return put(target, v, toFloat)
	case *time.Duration:
		return put(target, v, toDuration)
	case *fs.FileMode:
		return put(target, v, toMode)
	case *[]string:
		return put(target, v, func(v cty.Value) ([]string, bool) { return toList(v, toString) })
	case *[]uint32:
		return put(target, v, func(v cty.Value) ([]uint32, bool) { return toList(v, toUID) })
	case *map[string]string:
		return put(target, v, toMap)
	}
	panic(fmt.Sprintf("config: no setting can be of type %T", target))
}

// typeSays is what is allowed for a field of the type that target points to.
func typeSays(target any) string {
	switch target.(type) {
	case *bool:
		return "true or false"
	case *int:
		return "a whole number"
	case *float64:
		return "a number"
	case *[]string:
		return "a list of strings"
	case *[]uint32:
		return "a list of user ids, whole numbers from 0 to 4294967294"
	case *map[string]string:
		return `an object whose values are strings, such as { rack = "7" }`
	}
	return "a string"
}

func put[T any](target *T, v cty.Value, to func(cty.Value) (T, bool)) bool {
	value, ok := to(v)
	if ok {
		*target = value
	}
	return ok
}

func toString(v cty.Value) (string, bool) {
	if v.IsNull() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

func toBool(v cty.Value) (bool, bool) {
	if !v.IsNull() && v.Type() == cty.Bool {
		return v.True(), true
	}
	s, ok := toString(v)
	return s == "true", ok && (s == "true" || s == "false")
}

func toInt(v cty.Value) (int, bool) {
	n, ok := toInt64(v)
	return int(n), ok && int64(int(n)) == n
}

func toUID(v cty.Value) (uint32, bool) {
	n, ok := toInt64(v)
	return uint32(n), ok && 0 <= n && n < 1<<32-1 // the last one means "nobody in particular"
}

// toInt64 takes only what an int64 holds exactly: no fraction, no infinity.
func toInt64(v cty.Value) (int64, bool) {
	if !v.IsNull() && v.Type() == cty.Number {
		n, accuracy := v.AsBigFloat().Int64()
		return n, accuracy == big.Exact
	}
	s, ok := toString(v)
	n, err := strconv.ParseInt(s, 10, 64)
	return n, ok && err == nil
}

// toFloat gives the nearest number that a float64 holds; too large a one becomes infinite.
func toFloat(v cty.Value) (float64, bool) {
	if !v.IsNull() && v.Type() == cty.Number {
		x, _ := v.AsBigFloat().Float64()
		return x, true
	}
	s, ok := toString(v)
	x, err := strconv.ParseFloat(s, 64)
	return x, ok && err == nil
}

func toDuration(v cty.Value) (time.Duration, bool) {
	s, ok := toString(v)
	d, err := time.ParseDuration(s)
	return d, ok && err == nil
}

func toMode(v cty.Value) (fs.FileMode, bool) {
	s, ok := toString(v)
	n, err := strconv.ParseUint(s, 8, 12)
	return fs.FileMode(n), ok && err == nil
}

// toList gives nil for an empty list, so that an empty list and no list compare as equal.
func toList[T any](v cty.Value, to func(cty.Value) (T, bool)) ([]T, bool) {
	if v.IsNull() || !v.Type().IsTupleType() && !v.Type().IsListType() && !v.Type().IsSetType() {
		return nil, false
	}
	var list []T
	for _, element := range v.Elements() {
		value, ok := to(element)
		if !ok {
			return nil, false
		}
		list = append(list, value)
	}
	return list, true
}

// toMap gives nil for an empty object, as toList does.
func toMap(v cty.Value) (map[string]string, bool) {
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return nil, false
	}
	var out map[string]string
	for key, element := range v.Elements() {
		value, ok := toString(element)
		if !ok {
			return nil, false
		}
		if out == nil {
			out = make(map[string]string)
		}
		out[key.AsString()] = value
	}
	return out, true
}
