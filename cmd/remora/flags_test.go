package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseFlags(t *testing.T) {
	tests := []struct {
		args     string
		operands string
		flags    string // key, count, check, exclude
		err      string // the start of it
	}{
		{args: "", flags: " 0 false []"},
		{args: "web", operands: "web", flags: " 0 false []"},
		{args: "-key u web", operands: "web", flags: "u 0 false []"},
		{args: "web -key u", operands: "web", flags: "u 0 false []"},
		{args: "a --key=u b -count 3 c", operands: "a b c", flags: "u 3 false []"},
		{args: "-check web", operands: "web", flags: " 0 true []"},
		{args: "--check=false web", operands: "web", flags: " 0 false []"},
		{args: "-exclude a:1 web --exclude b:2", operands: "web", flags: " 0 false [a:1 b:2]"},
		{args: "-key -- web", operands: "web", flags: "-- 0 false []"},
		{args: "-key= web", operands: "web", flags: " 0 false []"},
		{args: "-key=a=b", flags: "a=b 0 false []"},
		{args: "-count 1 -- -key u --", operands: "-key u --", flags: " 1 false []"},
		{args: "-", operands: "-", flags: " 0 false []"},
		{args: "-kye u", err: "unknown flag -kye; did you mean -key?"},
		{args: "---key u", err: "unknown flag --key"},
		{args: "-5", err: "unknown flag -5"},
		{args: "web -key", err: "flag -key needs a value: KEY to hash"},
		{args: "-count x", err: `invalid value "x" for -count: want N how many`},
		{args: "-check=maybe", err: `invalid value "maybe" for -check: want true or false`},
		{args: "web -h", err: flag.ErrHelp.Error()},
		{args: "--help web", err: flag.ErrHelp.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			fs := flag.NewFlagSet("test", flag.ContinueOnError)
			key := fs.String("key", "", "`KEY` to hash")
			count := fs.Int("count", 0, "`N` how many")
			check := fs.Bool("check", false, "look only")
			var exclude stringList
			fs.Var(&exclude, "exclude", "not `ADDR`")

			operands, err := parseFlags(fs, strings.Fields(tt.args))
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			flags := fmt.Sprint(*key, " ", *count, " ", *check, " ", []string(exclude))
			if err != nil || strings.Join(operands, " ") != tt.operands || flags != tt.flags {
				t.Errorf("got %q, %q, %v, want %q, %q", operands, flags, err, tt.operands, tt.flags)
			}
		})
	}
}

func TestSplitCommand(t *testing.T) {
	tests := []struct{ args, name, rest, err string }{
		{args: ""},
		{args: "select web", name: "select", rest: "web"},
		{args: "-socket r.sock select web", name: "select", rest: "-socket r.sock web"},
		{args: "--socket=r.sock select web", name: "select", rest: "--socket=r.sock web"},
		{args: "-key u select web -count 2", name: "select", rest: "-key u web -count 2"},
		{args: "-check fmt x", name: "fmt", rest: "-check x"},
		{args: "-- select -x", name: "select", rest: "-- -x"},
		{args: "-h", name: "help"},
		{args: "--help select", name: "help", rest: "select"},
		{args: "-version", name: "version"},
		{args: "-sokcet x select", err: "unknown flag -sokcet; did you mean -socket?"},
		{args: "-socket", rest: "-socket"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			name, rest, err := splitCommand(strings.Fields(tt.args))
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || name != tt.name || strings.Join(rest, " ") != tt.rest {
				t.Errorf("got %q, %q, %v, want %q, %q", name, rest, err, tt.name, tt.rest)
			}
		})
	}
}

// TestFlagsAgree: a flag before the name of the subcommand must be known to have a value or not.
func TestFlagsAgree(t *testing.T) {
	all := everyFlag()
	for _, c := range commands() {
		fs, _ := c.flags(&invocation{})
		fs.VisitAll(func(f *flag.Flag) {
			if isSwitch(f) != isSwitch(all.Lookup(f.Name)) {
				t.Errorf("-%s has a value in some subcommands and none in others; %s is one", f.Name, c.name)
			}
		})
	}
}

func TestDidYouMean(t *testing.T) {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	for name, want := range map[string]string{
		"sevices": "services", "serivces": "services", "lst": "", "slect": "select", "raedy": "ready",
		"regster": "register", "zzz": "", "": "", "kubernetes": "",
	} {
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if got := didYouMean(name, names); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestValues(t *testing.T) {
	n := number{low: 1, high: 9}
	for _, s := range []string{"", "x", "0", "10", "-1", "1.5", "99999999999999999999"} {
		if n.Set(s) == nil || n.value != nil || n.or(3) != 3 {
			t.Errorf("%q is accepted as a number from 1 to 9", s)
		}
	}
	if n.Set("7") != nil || n.or(3) != 7 || n.String() != "7" {
		t.Errorf("a number reads as %v", n.value)
	}
	for _, bounded := range []duration{{}, {max: time.Minute}} {
		for s, want := range map[string]bool{"0": true, "1m": true, "61s": bounded.max == 0, "-1s": false, "1": false, "": false} {
			if ok := bounded.Set(s) == nil; ok != want {
				t.Errorf("%q as a duration up to %v: accepted %v", s, bounded.max, ok)
			}
		}
	}
	var p pairs
	for _, s := range []string{"a=1", "b=", "a=x=y"} {
		if err := p.Set(s); err != nil {
			t.Error(err)
		}
	}
	if fmt.Sprint(p) != "map[a:x=y b:]" {
		t.Errorf("pairs read as %v", p)
	}
	for _, s := range []string{"", "a", "=1"} {
		if p.Set(s) == nil {
			t.Errorf("%q is accepted as a pair", s)
		}
	}
	f := formatTable
	if f.Set("xml") == nil || f != formatTable || f.Set("json") != nil || f != formatJSON {
		t.Errorf("a format reads as %q", f)
	}
}

func TestOperandsAreCounted(t *testing.T) {
	one := command{name: "x", operands: "SERVICE", min: 1, max: 1}
	none := command{name: "x"}
	many := command{name: "x", operands: "[A…]", max: -1}
	for _, tt := range []struct {
		c    command
		args []string
		ok   bool
	}{
		{one, nil, false},
		{one, []string{"a"}, true},
		{one, []string{"a", "b"}, false},
		{one, []string{""}, false},
		{none, nil, true},
		{none, []string{"a"}, false},
		{many, nil, true},
		{many, slices.Repeat([]string{"a"}, 50), true},
	} {
		err := tt.c.checkOperands(tt.args)
		if _, usage := errors.AsType[*usageError](err); (err == nil) != tt.ok || (err != nil && !usage) {
			t.Errorf("%s with %q: got %v", tt.c.operands, tt.args, err)
		}
	}
}
