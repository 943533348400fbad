package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/remora-agent/remora/bench/figures"
	"github.com/remora-agent/remora/bench/plot"
)

func main() {
	from := flag.String("from", "bin/bench", "folder of the benchmarks' files, NAME.json")
	docs := flag.String("docs", "docs", "folder that takes performance.md and performance-*.svg")
	flag.Usage = func() {
		fmt.Fprintf(os.Stderr, "Usage: report [-from FOLDER] [-docs FOLDER] BENCHMARK...\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*from, *docs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// run writes the page of the named benchmarks, in that order. Without figures of any it leaves what is
// there.
func run(from, docs string, names []string) error {
	p, err := read(from, names)
	if err != nil {
		return err
	}
	if len(p.reports) == 0 {
		return fmt.Errorf("no benchmark of %q has left figures in %s", names, from)
	}
	files := map[string]string{"performance.md": p.markdown()}
	maps.Copy(files, p.plots())
	if err := removeOthers(docs, files); err != nil {
		return fmt.Errorf("remove old plots: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}

// read collects the reports. One that is not there is noted by name.
func read(folder string, names []string) (*page, error) {
	var p page
	for _, name := range names {
		r, err := figures.Read(filepath.Join(folder, name+".json"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			p.absent = append(p.absent, name)
		case err != nil:
			return nil, err
		default:
			p.reports = append(p.reports, r)
		}
	}
	return &p, nil
}

// plots draws the plots of all reports; names are those of their files.
func (p *page) plots() map[string]string {
	drawn := make(map[string]string)
	for _, r := range p.reports {
		for _, picture := range r.Plots {
			drawn[fileOf(r, picture)] = plot.Lines(picture)
		}
	}
	return drawn
}

func fileOf(r *figures.Report, p *figures.Plot) string {
	return fmt.Sprintf("performance-%s-%s.svg", r.Name, p.Name)
}

// removeOthers removes plots that are not to be written again.
func removeOthers(docs string, files map[string]string) error {
	old, err := filepath.Glob(filepath.Join(docs, "performance-*.svg"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, stays := files[filepath.Base(path)]; stays {
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
