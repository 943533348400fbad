package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The tables stand in simulation.md between these two lines; the rest of it is written by hand.
const (
	tablesBegin = "<!-- tables: written by make simulate -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

// writeDocs puts the results into the documentation: the chart whole, the tables in their place.
func (r results) writeDocs(folder string, scenarios []*scenario) error {
	path := filepath.Join(folder, "simulation.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read documentation: %w", err)
	}
	filled, err := fill(string(page), r.markdown(scenarios))
	if err != nil {
		return fmt.Errorf("fill %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(filled), 0o644); err != nil {
		return fmt.Errorf("write documentation: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "simulation.svg"), []byte(r.chart(scenarios)), 0o644); err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return nil
}

// fill puts the tables in the place of those that a page has.
func fill(page, tables string) (string, error) {
	before, rest, ok := strings.Cut(page, tablesBegin)
	_, after, closed := strings.Cut(rest, tablesEnd)
	if !ok || !closed {
		return "", fmt.Errorf("the lines %q and %q are not both there", tablesBegin, tablesEnd)
	}
	return before + tablesBegin + "\n" + tables + tablesEnd + after, nil
}
