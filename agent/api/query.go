package api

import (
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of query parameters.
const (
	maxCount    = 100
	maxWait     = 10 * time.Minute
	defaultWait = 5 * time.Minute // of ?index=N without wait, as in Consul
)

// query is the parameters of a request. Those that a route does not know are ignored.
type query struct{ values url.Values }

// parseQuery reads form-encoded parameters; a malformed escape or a bare ';' is a fault wherever it
// stands.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, badRequest("query: %v", err)
	}
	return query{values}, nil
}

// one gives a parameter that may stand once.
func (q query) one(name string) (value string, given bool, err error) {
	switch all := q.values[name]; len(all) {
	case 0:
		return "", false, nil
	case 1:
		return all[0], true, nil
	default:
		return "", false, badRequest("query: %s is given %d times, once is allowed", name, len(all))
	}
}

// count gives count=N; false when it is not there.
func (q query) count() (n int, given bool, err error) {
	text, given, err := q.one("count")
	if err != nil || !given {
		return 0, false, err
	}
	n, err = strconv.Atoi(text)
	if err != nil || n < 1 || n > maxCount {
		return 0, false, badRequest("query: count is %q, a number from 1 to %d is allowed", text, maxCount)
	}
	return n, true, nil
}

// flag gives a parameter that is on or off.
func (q query) flag(name string) (bool, error) {
	text, given, err := q.one(name)
	if err != nil || !given {
		return false, err
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, badRequest("query: %s is %q, allowed are 1 and 0", name, text)
	}
	return on, nil
}

// blocking gives index=N and wait=DURATION; false when the request is not to wait.
func (q query) blocking() (index uint64, wait time.Duration, given bool, err error) {
	text, byIndex, err := q.one("index")
	if err != nil {
		return 0, 0, false, err
	}
	if byIndex {
		if index, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, false, badRequest("query: index is %q, a whole number is allowed, as an answer gave it", text)
		}
	}
	text, byTime, err := q.one("wait")
	if err != nil {
		return 0, 0, false, err
	}
	wait = defaultWait
	if byTime {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxWait {
			return 0, 0, false, badRequest("query: wait is %q, a duration up to 10m is allowed, such as 30s", text)
		}
	}
	return index, wait, byIndex, nil
}

// wantsText says whether addresses are asked for as plain text: by format=, else by the Accept header.
func (q query) wantsText(accept []string) (bool, error) {
	format, given, err := q.one("format")
	switch {
	case err != nil:
		return false, err
	case !given:
		return prefersText(accept), nil
	case format == "text" || format == "json":
		return format == "text", nil
	default:
		return false, badRequest("query: format is %q, text or json is allowed", format)
	}
}

// prefersText says whether the first of the best rated media types that this API has is text/plain
// (RFC 9110, section 12.5.1). Anything is JSON, so that */* stays what curl users expect.
func prefersText(accept []string) bool {
	best, text := 0.0, false
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		isText := kind == "text/plain" || kind == "text/*"
		if !isText && kind != "application/json" && kind != "application/*" && kind != "*/*" {
			continue
		}
		if q := quality(params["q"]); q > best {
			best, text = q, isText
		}
	}
	return text
}

func quality(text string) float64 {
	if text == "" {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
