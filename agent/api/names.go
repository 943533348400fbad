package api

import (
	"unicode"
	"unicode/utf8"
)

const maxServiceBytes = 253

// checkService says what is wrong with a service's name, if anything is.
func checkService(name string) error {
	switch {
	case name == "":
		return badRequest("the service's name is missing")
	case len(name) > maxServiceBytes:
		return badRequest("the service's name has %d bytes, at most %d are allowed", len(name), maxServiceBytes)
	case name == "." || name == "..":
		return badRequest("%q can't name a service", name)
	case !utf8.ValidString(name):
		return badRequest("the service's name %q is not UTF-8", name)
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return badRequest("the service's name %q has the control character %U", name, r)
		}
	}
	return nil
}
