package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
)

// run runs the subcommand that args name and returns the exit code.
func run(ctx context.Context, sys system, args []string) int {
	return sys.exitCode(dispatch(ctx, sys, args))
}

func dispatch(ctx context.Context, sys system, args []string) error {
	name, args, err := splitCommand(args)
	if err != nil {
		return err
	}
	switch name {
	case "":
		_ = overview(sys.stderr)
		return exitStatus(exitUsage)
	case "help":
		return helpFor(sys, slices.DeleteFunc(args, isFlag))
	}
	c, err := find(name)
	if err != nil {
		return err
	}
	return c.invoke(ctx, sys, args)
}

func (c *command) invoke(ctx context.Context, sys system, args []string) error {
	inv := &invocation{system: sys, format: c.format, socket: sys.getenv("REMORA_SOCKET")}
	fs, act := c.flags(inv)
	operands, err := parseFlags(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		return c.help(sys.stdout)
	}
	if c.max == 0 && slices.Equal(operands, []string{"help"}) {
		return c.help(sys.stdout) // it can't be the name of a service here
	}
	if err == nil {
		err = c.checkOperands(operands)
	}
	if err != nil {
		return c.usage(err)
	}
	inv.operands = operands
	return inv.lookedFor(c.usage(act(ctx, inv)))
}

func (c *command) checkOperands(operands []string) error {
	switch n := len(operands); {
	case n < c.min:
		return usagef("too few arguments: want %s", c.operands)
	case c.max == 0 && n > 0:
		return usagef("unexpected argument %q: %s takes none", operands[0], c.name)
	case c.max > 0 && n > c.max:
		return usagef("unexpected argument %q: want %s", operands[c.max], c.operands)
	case slices.Contains(operands, ""):
		return usagef("an argument is empty: want %s", c.operands)
	}
	return nil
}

// usage names the subcommand in a usage error, so that its help can be pointed at.
func (c *command) usage(err error) error {
	if u, ok := errors.AsType[*usageError](err); ok {
		u.command = c.name
	}
	return err
}

func helpFor(sys system, args []string) error {
	switch {
	case len(args) == 0:
		return overview(sys.stdout)
	case len(args) > 1:
		return usagef("unexpected argument %q: want at most one COMMAND", args[1])
	case args[0] == "help":
		return rules(sys.stdout)
	}
	c, err := find(args[0])
	if err != nil {
		return err
	}
	return c.help(sys.stdout)
}

// usageError is a command line that makes no sense.
type usageError struct {
	command string
	text    string
}

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}
