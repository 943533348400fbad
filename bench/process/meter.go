package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process has used since it began, or has now.
type Usage struct {
	CPU     time.Duration // on a CPU, in user space and in the kernel
	RSS     int64         // bytes of memory that are resident now
	Threads int
}

// Meter reads what the process uses. Times are in nanoseconds, as the scheduler counts them; those of
// threads that have ended are missing, which the Go runtime hardly ever does.
func (p *Process) Meter() (Usage, error) { return Meter(p.PID) }

// Meter reads what a process uses.
func Meter(pid int) (u Usage, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(tasks) == 0 {
		return u, fmt.Errorf("meter process %d: it has no threads, or there is no /proc: %w", pid, os.ErrNotExist)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(filepath.Join(task, "schedstat"))
		if err != nil {
			continue // it ended meanwhile
		}
		on, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			return u, fmt.Errorf("meter process %d: %w", pid, err)
		}
		u.CPU += time.Duration(ns)
		u.Threads++
	}
	u.RSS, err = rss(pid)
	return u, err
}

func rss(pid int) (bytes int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("meter process %d: %w", pid, err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("meter process %d: statm is %q", pid, text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Spent is what was used between two readings.
func Spent(before, after Usage) time.Duration { return after.CPU - before.CPU }
