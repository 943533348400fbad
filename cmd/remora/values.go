package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A value that refuses some texts says in allowed what it takes, as the end of a sentence.

// number is a whole number between two bounds that may be left out: value is nil then.
type number struct {
	low, high int
	value     *int
}

func (n *number) String() string {
	if n.value == nil {
		return ""
	}
	return strconv.Itoa(*n.value)
}

func (n *number) Set(s string) error {
	value, err := strconv.Atoi(s)
	if err != nil {
		return err
	}
	if value < n.low || value > n.high {
		return errors.New("out of bounds")
	}
	n.value = &value
	return nil
}

func (n *number) allowed() string { return fmt.Sprintf("a number from %d to %d", n.low, n.high) }

// or is the number, or what it stands for when it is left out.
func (n *number) or(missing int) int {
	if n.value == nil {
		return missing
	}
	return *n.value
}

// index is the number of a group's state, which may be left out: value is nil then.
type index struct{ value *uint64 }

func (i *index) String() string { return "" }

func (i *index) Set(s string) error {
	value, err := strconv.ParseUint(s, 10, 64)
	if err == nil {
		i.value = &value
	}
	return err
}

func (i *index) allowed() string { return "an index, as show prints it" }

// duration is 0 or more, and at most max unless that is 0.
type duration struct{ value, max time.Duration }

func (d *duration) String() string { return "" }

func (d *duration) Set(s string) error {
	value, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	if value < 0 || d.max > 0 && value > d.max {
		return errors.New("out of bounds")
	}
	d.value = value
	return nil
}

func (d *duration) allowed() string {
	if d.max == 0 {
		return "a duration of 0 or more, such as 12.5ms"
	}
	return fmt.Sprintf("a duration from 0 to %s, such as 30s", strings.TrimSuffix(d.max.String(), "0s"))
}

// pairs is a flag of the form NAME=VALUE that may be given several times.
type pairs map[string]string

func (p *pairs) String() string { return "" }

func (p *pairs) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("no NAME=VALUE")
	}
	if *p == nil {
		*p = pairs{}
	}
	(*p)[name] = value
	return nil
}

func (p *pairs) allowed() string { return "NAME=VALUE" }

// stringList is a flag that may be given several times.
type stringList []string

func (l *stringList) String() string { return strings.Join(*l, ",") }

func (l *stringList) Set(s string) error {
	*l = append(*l, s)
	return nil
}
