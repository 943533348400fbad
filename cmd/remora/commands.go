package main

import (
	"context"
	"flag"
)

// command is one subcommand: what help says of it, what it accepts, and what it does.
type command struct {
	name     string
	operands string // as help shows them
	min, max int    // how many operands; max < 0: any number
	brief    string // one line, for the overview
	about    string // the paragraph of its own help; line breaks mean nothing
	example  string // one or two lines that work as they stand
	local    bool   // needs no agent
	format   format // the default
	setup    setup
}

// setup declares the flags of a subcommand and returns what runs once they are parsed.
type setup func(*flag.FlagSet) action

type action func(context.Context, *invocation) error

// commands is the table of subcommands, in the order of the overview: to ask, to look, to change, to
// run an agent.
func commands() []command {
	return []command{
		selectCommand,
		servicesCommand,
		showCommand,
		watchCommand,
		historyCommand,
		reportCommand,
		registerCommand,
		unregisterCommand,
		addCommand,
		removeCommand,
		markCommand,
		drainCommand,
		readyCommand,
		acceptCommand,
		agentCommand,
		statusCommand,
		reloadCommand,
		validateCommand,
		fmtCommand,
		versionCommand,
	}
}

// find returns the subcommand of that name, or a usage error that guesses what was meant.
func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	return command{}, usagef("unknown command %q%s", name, didYouMean(name, names))
}

// flags declares the flags of the subcommand and those that every subcommand takes.
func (c *command) flags(inv *invocation) (*flag.FlagSet, action) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.StringVar(&inv.socket, "socket", inv.socket, "`PATH` of the agent's socket; else REMORA_SOCKET")
	fs.Var(&inv.format, "format", "`FORMAT` of the output: table, json or text")
	return fs, c.setup(fs)
}
