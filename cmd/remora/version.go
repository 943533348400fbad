package main

import (
	"context"
	"flag"
	"runtime/debug"
	"strings"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version string

var versionCommand = command{
	name: "version", local: true, format: formatTable,
	brief:   "print the version of this program",
	about:   "The version of the agent that runs is part of status. In text: the number alone.",
	example: "remora version",
	setup:   func(*flag.FlagSet) action { return printVersion },
}

// build is what this program was built from.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Dirty   bool   `json:"dirty,omitempty"` // built with changes that no commit has
	Go      string `json:"go,omitempty"`
}

func printVersion(_ context.Context, inv *invocation) error {
	b := currentBuild()
	switch inv.format {
	case formatJSON:
		return inv.printJSON(b)
	case formatText:
		return inv.printLines(b.Version)
	}
	return inv.printLines(b.line())
}

func currentBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(version, info)
}

// buildOf prefers the version set at the build over the one that the go command recorded.
func buildOf(set string, info *debug.BuildInfo) build {
	b := build{Version: set, Go: info.GoVersion}
	if b.Version == "" {
		b.Version = strings.Trim(info.Main.Version, "()")
	}
	if b.Version == "" {
		b.Version = "devel"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
}

// line is the build for a person: remora 1.2.3 (0123456789ab, go1.26.8).
func (b build) line() string {
	var parts []string
	if b.Commit != "" {
		commit := b.Commit[:min(12, len(b.Commit))]
		if b.Dirty {
			commit += " with changes"
		}
		parts = append(parts, commit)
	}
	if b.Go != "" {
		parts = append(parts, b.Go)
	}
	if len(parts) == 0 {
		return "remora " + b.Version
	}
	return "remora " + b.Version + " (" + strings.Join(parts, ", ") + ")"
}
