package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

func main() {
	debug.SetGCPercent(400) // runs make garbage and keep next to nothing, so collecting less often is cheap
	docs := flag.String("docs", "", "folder whose simulation.md and simulation.svg take the results; only with all scenarios")
	flag.Usage = usage
	flag.Parse()
	if err := run(os.Stdout, flag.Args(), *docs); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintf(os.Stderr, "Usage: simulate [-docs FOLDER] [SCENARIO...]\n\n")
	flag.PrintDefaults()
	fmt.Fprintf(os.Stderr, "\nScenarios: %s\n", strings.Join(names(), ", "))
}

// run simulates the named scenarios, or all when none is named, and reports. A claim that does not hold
// is an error, and the documentation then stays as it is.
func run(out io.Writer, wanted []string, docs string) error {
	if docs != "" && len(wanted) > 0 {
		return errors.New("-docs takes the results of all scenarios, not of some")
	}
	scenarios, err := choose(wanted)
	if err != nil {
		return err
	}
	found, err := simulate(scenarios, seeds)
	if err != nil {
		return err
	}
	if err := found.writeText(out, scenarios); err != nil {
		return err
	}
	if err := found.writeClaims(out); err != nil || docs == "" {
		return err
	}
	return found.writeDocs(docs, scenarios)
}

func choose(wanted []string) ([]*scenario, error) {
	if len(wanted) == 0 {
		return all, nil
	}
	var chosen []*scenario
	var faults []error
	for _, name := range wanted {
		i := slices.Index(names(), name)
		if i < 0 {
			faults = append(faults, fmt.Errorf("unknown scenario %q, there are %s", name, strings.Join(names(), ", ")))
			continue
		}
		chosen = append(chosen, all[i])
	}
	return chosen, errors.Join(faults...)
}

func names() []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = s.name
	}
	return list
}
