package config

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

// add appends a member, unless its value is an empty string, list or object.
func (o object) add(key string, value any) object {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return o
		}
	}
	return append(o, member{key, value})
}

// within appends m to the object that is the member of that key.
func (o object) within(key string, m member) object {
	for i := range o {
		if inner, ok := o[i].value.(object); ok && o[i].key == key {
			o[i].value = append(inner, m)
			return o
		}
	}
	return append(o, member{key, object{m}})
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for part, value := range []any{m.key, m.value} {
			if part == 1 {
				b.WriteByte(':')
			}
			if err := encode(&b, value); err != nil {
				return nil, err
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON that is not meant for HTML.
func encode(b *bytes.Buffer, value any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("\n"))
	return nil
}
