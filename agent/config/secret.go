package config

import (
	"fmt"
	"io"
)

// mask is what a secret prints as.
const mask = "***"

// Secret is a value that must not be shown: whatever formats or encodes it gets ***, or nothing where
// the secret is empty. The zero value is the empty secret. To compare two, compare what they reveal.
type Secret struct {
	// A pointer, since fmt calls no methods once a verb does not fit the value that the secret is part
	// of, and prints what it finds: of a pointer, the address.
	value *string
}

// NewSecret keeps value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal gives the value; the only way to get at it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String gives ***, or the empty string for the empty secret.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return mask
}

// GoString gives what String gives.
func (s Secret) GoString() string { return s.String() }

// Format writes what String gives, whatever the verb: %d and %x would go around String.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalText gives what String gives, for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
