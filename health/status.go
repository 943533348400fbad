package health

import (
	"fmt"
	"strconv"
	"strings"
)

// statusSet is the HTTP status codes that count as an answer: ranges, both ends included.
type statusSet []statusRange

type statusRange struct{ low, high int }

func (s statusSet) contains(code int) bool {
	for _, r := range s {
		if r.low <= code && code <= r.high {
			return true
		}
	}
	return false
}

// parseStatus reads codes and ranges separated by commas, as in "200-299,301".
func parseStatus(spec string) (statusSet, error) {
	var set statusSet
	for part := range strings.SplitSeq(spec, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			high = low
		}
		r := statusRange{statusCode(low), statusCode(high)}
		if r.low == 0 || r.high < r.low {
			return nil, fmt.Errorf("parse status %q: %q is no code or range between 100 and 599", spec, part)
		}
		set = append(set, r)
	}
	return set, nil
}

// statusCode returns 0 for what is no status code.
func statusCode(s string) int {
	code, err := strconv.ParseUint(s, 10, 16)
	if err != nil || len(s) != 3 || code < 100 || code > 599 {
		return 0
	}
	return int(code)
}
