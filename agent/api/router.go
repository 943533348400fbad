package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
)

// router finds the route of a request. It works on the escaped path, segment by segment, so that a
// slash inside a service's name (%2F) is not a separator, and neither cleans nor redirects: net/http's
// own mux does both, and answers in plain text.
type router struct{ entries []entry }

type entry struct {
	route
	segments []string
}

func newRouter(routes []route) *router {
	entries := make([]entry, 0, len(routes))
	for _, r := range routes {
		entries = append(entries, entry{r, segments(r.pattern)})
	}
	return &router{entries}
}

// find gives the route and what its placeholders stand for, unescaped and not yet validated. Where
// the path has routes but none of this method, it lists the methods there are.
func (rt *router) find(r *http.Request) (found *entry, values []string, err error) {
	path, err := unescaped(r.URL.EscapedPath())
	if err != nil {
		return nil, nil, err
	}
	var allow []string
	for i := range rt.entries {
		e := &rt.entries[i]
		values, ok := e.match(path)
		if !ok {
			continue
		}
		if e.method == r.Method || e.method == http.MethodGet && r.Method == http.MethodHead {
			return e, values, nil
		}
		allow = append(allow, e.method)
		if e.method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	if allow == nil {
		return nil, nil, wire.NewProblem(wire.CodeUnknownRoute, "there is no route %.300q", r.URL.EscapedPath())
	}
	slices.Sort(allow)
	return nil, nil, &methodError{strings.Join(allow, ", ")}
}

// methodError is the problem method_not_allowed with its Allow header.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "the methods of this route are " + e.allow }

func unescaped(path string) ([]string, error) {
	parts := segments(path)
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil {
			return nil, badRequest("path: %v", err)
		}
		parts[i] = text
	}
	return parts, nil
}

func (e *entry) match(path []string) (values []string, ok bool) {
	if len(path) != len(e.segments) {
		return nil, false
	}
	for i, segment := range e.segments {
		switch {
		case !isPlaceholder(segment):
			if path[i] != segment {
				return nil, false
			}
		case path[i] == "":
			return nil, false
		default:
			values = append(values, path[i])
		}
	}
	return values, true
}

func isPlaceholder(segment string) bool { return strings.HasPrefix(segment, "{") }

// bind validates what the placeholders stand for and puts it into the request.
func (e *entry) bind(r *request, values []string) (err error) {
	for _, segment := range e.segments {
		if !isPlaceholder(segment) {
			continue
		}
		switch value := values[0]; segment {
		case "{service}":
			r.service, err = value, checkService(value)
		case "{address}":
			r.address, err = canonical(value)
		default:
			r.lease = value
		}
		if err != nil {
			return err
		}
		values = values[1:]
	}
	return nil
}

// canonical gives the canonical form of an address.
func canonical(address string) (string, error) {
	out, err := discovery.ParseAddress(address)
	if err != nil {
		return "", badRequest("%v", err)
	}
	return out, nil
}
