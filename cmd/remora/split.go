package main

import (
	"flag"
	"slices"
)

// splitCommand takes the name of the subcommand out of args: the first one that is neither a flag
// nor the value of one. Which flags have values is the same for all subcommands; a test holds that.
func splitCommand(args []string) (name string, rest []string, err error) {
	known := everyFlag()
	for i := 0; i < len(args); i++ {
		if args[i] == "--" && i+1 < len(args) {
			return args[i+1], without(args, i+1), nil
		}
		if !isFlag(args[i]) {
			return args[i], without(args, i), nil
		}
		flagName, _, hasValue := cutFlag(args[i])
		switch flagName {
		case "h", "help":
			return "help", firstOperand(args[i+1:]), nil
		case "version":
			return "version", without(args, i), nil
		}
		f := known.Lookup(flagName)
		if f == nil {
			return "", nil, unknownFlag(flagName, known)
		}
		if !hasValue && !isSwitch(f) {
			i++
		}
	}
	return "", args, nil
}

func without(args []string, i int) []string {
	return slices.Delete(slices.Clone(args), i, i+1)
}

// firstOperand returns the subcommand in what follows -h, if there is one.
func firstOperand(args []string) []string {
	for i, arg := range args {
		if !isFlag(arg) {
			return args[i : i+1]
		}
	}
	return nil
}

// everyFlag holds the flags of all subcommands.
func everyFlag() *flag.FlagSet {
	all := flag.NewFlagSet("remora", flag.ContinueOnError)
	for _, c := range commands() {
		fs, _ := c.flags(&invocation{})
		fs.VisitAll(func(f *flag.Flag) {
			if all.Lookup(f.Name) == nil {
				all.Var(f.Value, f.Name, f.Usage)
			}
		})
	}
	return all
}
