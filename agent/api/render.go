package api

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/remora-agent/remora/client/wire"
)

// appendSelection appends what encode makes of a selection, but for the end of the object, so that
// more fields can follow.
func appendSelection(b []byte, s *wire.Selection) []byte {
	b = appendString(append(b, `{"service":`...), s.Service)
	b = appendString(append(b, `,"address":`...), s.Address)
	b = appendString(append(b, `,"host":`...), s.Host)
	b = strconv.AppendInt(append(b, `,"port":`...), int64(s.Port), 10)
	b = appendString(append(b, `,"id":`...), s.ID)
	b = strconv.AppendInt(append(b, `,"weight":`...), int64(s.Weight), 10)
	if s.Zone != "" {
		b = appendString(append(b, `,"zone":`...), s.Zone)
	}
	if len(s.Tags) > 0 {
		b = appendTags(append(b, `,"tags":[`...), s.Tags)
	}
	if len(s.Meta) > 0 {
		b = appendMeta(append(b, `,"meta":{`...), s.Meta)
	}
	if s.Stale {
		b = append(b, `,"stale":true`...)
	}
	if s.Panic {
		b = append(b, `,"panic":true`...)
	}
	if s.Table != "" {
		b = appendString(append(b, `,"table":`...), s.Table)
	}
	return b
}

func appendTags(b []byte, tags []string) []byte {
	for i, tag := range tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, tag)
	}
	return append(b, ']')
}

// appendMeta appends the fields in the order of their names, as encoding/json does.
func appendMeta(b []byte, meta map[string]string) []byte {
	var few [16]string // most have so few, and then nothing is allocated
	names := few[:0]
	for name := range meta {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendString(b, meta[name])
	}
	return append(b, '}')
}

// appendString appends a JSON string as encoding/json writes it without escaping for HTML.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if classes[c]&inJSON != 0 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = appendEscape(append(b, s[done:i]...), c)
			i++
			done = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[done:i]...), `\ufffd`...)
			done = i + 1
		case r == '\u2028' || r == '\u2029': // ends of lines in JavaScript
			b = append(append(b, s[done:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			done = i + size
		}
		i += size
	}
	return append(append(b, s[done:]...), '"')
}

const hexDigits = "0123456789abcdef"

// appendEscape appends a byte of ASCII that can't stand for itself.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
