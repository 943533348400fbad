package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a process may take to end in order.
const grace = 10 * time.Second

// Process is a child process.
type Process struct {
	Name    string
	PID     int
	Started time.Time

	cmd *exec.Cmd
}

// Start starts a command whose errors go to standard error. It is stopped when ctx ends, and by Stop.
func Start(ctx context.Context, name, command string, args ...string) (*Process, error) {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &Process{Name: name, PID: cmd.Process.Pid, Started: started, cmd: cmd}, nil
}

// Signal sends the process a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Stop asks the process to end and waits until it has; one that takes too long is killed.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	late := time.AfterFunc(grace, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait() // how it ended says nothing: it was told to
}

// Until calls ready, a few hundred times a second, until it returns nil or patience or ctx ends.
func Until(ctx context.Context, patience time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", patience, err)
		case <-tick.C:
		}
	}
}
