package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/remora-agent/remora/agent/config"
)

var fmtCommand = command{
	name: "fmt", operands: "[PATH…]", max: -1, local: true, format: formatTable,
	brief: "lay configuration files out in the canonical way",
	about: `Rewrites files, and the *.hcl and *.hcl.json files of folders, in place and prints the
names of those that changed. Without PATH: the current folder. "-" reads standard
input and writes standard output. A file with a syntax fault is left as it is.`,
	example: "remora fmt config.hcl\nremora fmt -check /etc/remora",
	setup:   setupFmt,
}

func setupFmt(fs *flag.FlagSet) action {
	check := fs.Bool("check", false, "only print the names; exit code 1 if there are any")
	return func(_ context.Context, inv *invocation) error {
		paths := inv.operands
		switch {
		case len(paths) == 0:
			paths = []string{"."}
		case slices.Equal(paths, []string{"-"}):
			return formatStream(inv, *check)
		}
		files, err := configFiles(paths)
		if err != nil {
			return err
		}
		changed, err := formatFiles(files, !*check)
		if printErr := inv.printFormatted(changed); printErr != nil {
			return printErr
		}
		if err == nil && *check && len(changed) > 0 {
			return exitStatus(exitError)
		}
		return err
	}
}

// formatStream formats standard input. With check it prints nothing but says how it would fare.
func formatStream(inv *invocation, check bool) error {
	src, err := io.ReadAll(inv.stdin)
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	out, err := config.Format("<stdin>", src)
	if err != nil {
		return err
	}
	if !check {
		_, err = inv.stdout.Write(out)
		return err
	}
	if bytes.Equal(src, out) {
		return nil
	}
	if err := inv.printLines("<stdin>"); err != nil {
		return err
	}
	return exitStatus(exitError)
}

func (inv *invocation) printFormatted(changed []string) error {
	if inv.format == formatJSON {
		return inv.printJSON(map[string][]string{"changed": changed})
	}
	return inv.printLines(changed...)
}

// configFiles replaces each folder by the configuration files in it.
func configFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		for _, entry := range entries {
			if file := filepath.Join(path, entry.Name()); isConfig(file) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

// isConfig says whether the agent would read a file that it finds in a folder.
func isConfig(file string) bool {
	name := filepath.Base(file)
	if strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".hcl") && !strings.HasSuffix(name, ".hcl.json") {
		return false
	}
	info, err := os.Stat(file)         // a link counts as what it points to
	return err != nil || !info.IsDir() // what can't be looked at is an error when it is read
}

// formatFiles returns the names of the files whose layout is not canonical, and mends them if write
// is set. One that fails does not keep the others from it; the errors are joined.
func formatFiles(files []string, write bool) ([]string, error) {
	changed := []string{}
	var failed []error
	for _, path := range files {
		differs, err := formatFile(path, write)
		if err != nil {
			failed = append(failed, err)
		}
		if differs {
			changed = append(changed, path)
		}
	}
	return changed, errors.Join(failed...)
}

func formatFile(path string, write bool) (differs bool, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("read configuration: %w", err)
	}
	out, err := config.Format(path, src)
	if err != nil || bytes.Equal(src, out) {
		return false, err
	}
	if write {
		err = replaceFile(path, out)
	}
	return err == nil, err
}
