package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuTime is the time on a CPU of a process and of the processes it has started, since each of their
// threads began. The scheduler's own figures are in nanoseconds, where getrusage and times may be ticks.
func cpuTime(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("process %d has no threads: %w", pid, err)
	}
	var sum time.Duration
	for _, task := range tasks {
		text, err := os.ReadFile(filepath.Join(task, "schedstat"))
		if err != nil {
			continue // a thread that ended meanwhile
		}
		on, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time of %s: %w", task, err)
		}
		sum += time.Duration(ns)
		children, _ := os.ReadFile(filepath.Join(task, "children"))
		for child := range strings.FieldsSeq(string(children)) {
			id, _ := strconv.Atoi(child)
			of, err := cpuTime(id)
			if err != nil {
				return 0, err
			}
			sum += of
		}
	}
	return sum, nil
}
