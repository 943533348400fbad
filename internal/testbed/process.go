package testbed

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// process is a server that runs beside the test.
type process struct {
	cmd  *exec.Cmd
	log  *readyLog
	done chan struct{} // closed when the process has ended
}

// startProcess runs a server that prints ready once it serves.
func startProcess(ready, name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...)
	log := &readyLog{marker: []byte(ready), ready: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = endWithParent()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // a server that was killed has no other way to end
	}()
	return p, nil
}

// awaitReady returns when the server has said that it serves, or an error with the end of its log.
func (p *process) awaitReady(ctx context.Context) error {
	select {
	case <-p.log.ready:
		return nil
	case <-p.done:
		return fmt.Errorf("%s ended before it was ready:\n%s", p.cmd.Path, p.log.tail())
	case <-ctx.Done():
		return fmt.Errorf("%s is not ready: %w\n%s", p.cmd.Path, ctx.Err(), p.log.tail())
	}
}

// signal sends sig; a process that has ended is left alone.
func (p *process) signal(sig os.Signal) { _ = p.cmd.Process.Signal(sig) }

// end sends sig and waits until the process is gone.
func (p *process) end(sig os.Signal) {
	p.signal(sig)
	<-p.done
}

// readyLog keeps the end of what a process prints and notices the line that says it is ready.
type readyLog struct {
	marker []byte
	ready  chan struct{}

	mu   sync.Mutex
	text []byte
	seen bool
}

const logTail = 16 << 10 // bytes kept for the failure message

func (l *readyLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if !l.seen && bytes.Contains(l.text, l.marker) {
		l.seen = true
		close(l.ready)
	}
	if extra := len(l.text) - logTail; extra > logTail {
		l.text = append(l.text[:0], l.text[extra:]...)
	}
	return len(p), nil
}

func (l *readyLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-logTail):])
}
