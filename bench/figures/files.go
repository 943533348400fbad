package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Write prints the report to out and, unless path is empty, writes it there as JSON, whole or not at all,
// for which it makes the folder. What it lacks of time, commit and machine it gets from here and now.
func Write(out io.Writer, path string, r *Report) error {
	if r.Taken.IsZero() {
		r.Taken = time.Now().UTC().Truncate(time.Second)
	}
	if r.Machine == nil {
		r.Machine = ThisMachine()
	}
	if r.Commit == "" {
		r.Commit = commit()
	}
	if _, err := io.WriteString(out, r.Text()); err != nil {
		return fmt.Errorf("print report %s: %w", r.Name, err)
	}
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report %s: %w", r.Name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Read reads what Write has written.
func Read(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read report %s: %w", path, err)
	}
	return &r, nil
}
