package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// watcher is one of those who watch, as seen from the program that writes.
type watcher struct {
	name string
	in   io.Writer
	seen chan sighting // closed when it has ended
}

// sighting is a moment at which somebody saw that a service has an address.
type sighting struct {
	service, address string
	at               time.Time
}

// startWatcher starts a process that watches; it ends with the part.
func startWatcher(t testing.TB, name string, p plan) *watcher {
	text, err := json.Marshal(p)
	check(t, "start "+name, err)
	self, err := os.Executable()
	check(t, "start "+name, err)
	cmd := exec.Command(self, childArgument, string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	check(t, "start "+name, err)
	out, err := cmd.StdoutPipe()
	check(t, "start "+name, err)
	check(t, "start "+name, cmd.Start())
	w := &watcher{name: name, in: in, seen: make(chan sighting, 4096)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(w.seen)
		w.read(out)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		for range w.seen { // what nobody waits for any more
		}
		<-done
		_ = cmd.Wait() // it was killed
	})
	return w
}

func (w *watcher) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue
		}
		nanos, _ := strconv.ParseInt(fields[2], 10, 64)
		w.seen <- sighting{fields[0], fields[1], time.Unix(0, nanos)}
	}
}

// expect tells it what is to be seen next.
func (w *watcher) expect(service, address string) error {
	_, err := fmt.Fprintln(w.in, service, address)
	return err
}

// patience is how long a write may take to be seen before it counts as lost.
const patience = time.Minute

// await gives the moment at which the watcher first saw what is expected, once that can be seen.
func (w *watcher) await(ctx context.Context, expected sighting) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		select {
		case s, ok := <-w.seen:
			switch {
			case !ok:
				return time.Time{}, errors.New(w.name + " has ended")
			case s.service == expected.service && s.address == expected.address && !s.at.Before(expected.at):
				return s.at, nil
			}
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("%s does not see %s at %s: %w", w.name, expected.service, expected.address, ctx.Err())
		}
	}
}
