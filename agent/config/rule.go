package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// rule is what a value must obey beyond being of the field's type. The zero rule allows every value.
type rule struct {
	says  string                // what is allowed, type included, as in "a whole number from 1 to 10"
	names []string              // all that is allowed, where that is a list of names
	check func(value any) error // value is of the field's type; nil: every value is allowed
}

// errOutside is for a value about which there is nothing to say but what is allowed.
var errOutside = errors.New("not allowed")

// ruled is a rule whose check takes the type of the field. The error of check says what is wrong.
func ruled[T any](says string, check func(T) error) rule {
	return rule{says: says, check: func(value any) error { return check(value.(T)) }}
}

// limited is a rule whose check needs no more words than what is allowed.
func limited[T any](says string, holds func(T) bool) rule {
	return ruled(says, func(value T) error {
		if !holds(value) {
			return errOutside
		}
		return nil
	})
}

// oneOf allows a few names.
func oneOf(names ...string) rule {
	r := limited(strings.Join(names, ", "), func(value string) bool { return slices.Contains(names, value) })
	r.names = names
	return r
}

// whole allows the numbers from low to high.
func whole(low, high int) rule {
	return limited(fmt.Sprintf("a whole number from %d to %d", low, high), func(n int) bool {
		return low <= n && n <= high
	})
}

// decimal allows the numbers from low to high, fractions included.
func decimal(low, high float64) rule {
	return limited(fmt.Sprintf("a number from %v to %v", low, high), func(x float64) bool {
		return low <= x && x <= high
	})
}

// span allows the durations from low to high.
func span(low, high time.Duration) rule {
	says := fmt.Sprintf(`a duration from %s to %s, such as "1500ms" or "5s"`, brief(low), brief(high))
	return limited(says, func(d time.Duration) bool { return low <= d && d <= high })
}

// brief is a duration without the zeros at its end that time.Duration prints: 1h, not 1h0m0s.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// each holds every element of a list to a rule, and the list itself to having one.
func each(r rule) rule {
	return ruled("a list, not empty, of which each is "+r.says, func(list []string) error {
		if len(list) == 0 {
			return errors.New("it is empty")
		}
		for _, element := range list {
			if err := r.check(element); errors.Is(err, errOutside) {
				return fmt.Errorf("%q is not", element)
			} else if err != nil {
				return fmt.Errorf("%q: %w", element, err)
			}
		}
		return nil
	})
}
