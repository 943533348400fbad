package main

import (
	"flag"
	"strings"
)

// parseFlags parses flags wherever they stand among the operands, which it returns. Package flag
// stops at the first operand and can't tell "--" from a value that is spelled so, hence this loop
// over its definitions.
func parseFlags(fs *flag.FlagSet, args []string) (operands []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(operands, args...), nil
		case !isFlag(arg):
			operands = append(operands, arg)
		default:
			if args, err = parseFlag(fs, arg, args); err != nil {
				return nil, err
			}
		}
	}
	return operands, nil
}

// isFlag leaves "-", which stands for standard input, to the operands.
func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// parseFlag sets the flag that arg names, with a value from rest where it needs one, and returns what
// is left of rest.
func parseFlag(fs *flag.FlagSet, arg string, rest []string) ([]string, error) {
	name, value, hasValue := cutFlag(arg)
	if name == "h" || name == "help" {
		return nil, flag.ErrHelp
	}
	f := fs.Lookup(name)
	if f == nil {
		return nil, unknownFlag(name, fs)
	}
	switch {
	case hasValue:
	case isSwitch(f):
		value = "true"
	case len(rest) == 0:
		return nil, usagef("flag -%s needs a value: %s", name, wanted(f))
	default:
		value, rest = rest[0], rest[1:]
	}
	if err := fs.Set(name, value); err != nil {
		return nil, usagef("invalid value %q for -%s: want %s", value, name, wanted(f))
	}
	return rest, nil
}

// cutFlag takes -x, --x, -x=v and --x=v apart.
func cutFlag(arg string) (name, value string, hasValue bool) {
	return strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
}

// isSwitch says whether a flag stands alone, by the rule of package flag.
func isSwitch(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// wanted says what a flag takes, in the words of its value if that has any, else of its help.
func wanted(f *flag.Flag) string {
	if v, ok := f.Value.(interface{ allowed() string }); ok {
		return v.allowed()
	}
	if isSwitch(f) {
		return "true or false"
	}
	_, usage := flag.UnquoteUsage(f)
	return usage
}

func unknownFlag(name string, fs *flag.FlagSet) error {
	var known []string
	fs.VisitAll(func(f *flag.Flag) { known = append(known, "-"+f.Name) })
	return usagef("unknown flag -%s%s", name, didYouMean("-"+name, known))
}
