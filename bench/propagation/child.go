package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// childArgument makes this program one of those who watch.
const childArgument = "-child"

// Kinds of those who watch.
const (
	kindEtcd   = "etcd"
	kindConsul = "consul"
	kindSelect = "select"
	kindFile   = "file"
)

// plan is what one of them is to watch.
type plan struct {
	Kind                      string
	Address                   string // of the catalog, the agent's socket or the file
	CAFile, CertFile, KeyFile string
	Services                  []string
}

// runChild watches until it is ended, or who started it is gone. It prints what it sees, a line each: service, address, and when
// that was, in nanoseconds of the clock that all processes share.
func runChild(text string) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	var mu sync.Mutex
	saw := func(service, address string) {
		at := time.Now().UnixNano()
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(service, address, at)
	}
	switch p.Kind {
	case kindEtcd:
		return watchEtcd(untilInputEnds(), p, saw)
	case kindConsul:
		return watchConsul(untilInputEnds(), p, saw)
	case kindSelect:
		agent, err := dialAgent(p.Address)
		if err != nil {
			return err
		}
		return lookUntil(saw, 50*time.Microsecond, agent.address)
	case kindFile:
		return lookUntil(saw, time.Millisecond, func(service string) (string, error) { return addressIn(p.Address, service) })
	}
	return fmt.Errorf("watch: no kind %q, want etcd, consul, select or file", p.Kind)
}

// untilInputEnds gives a context that ends with the standard input, which ends with who started this.
func untilInputEnds() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin) // what is to be seen is seen without being told
	}()
	return ctx
}

// lookUntil reads what is to be seen, a line each with the service and the address, and looks for it again
// and again until it is there.
func lookUntil(saw func(service, address string), every time.Duration, look func(service string) (string, error)) error {
	wanted, parent := bufio.NewScanner(os.Stdin), os.Getppid()
	for wanted.Scan() {
		service, address, _ := strings.Cut(wanted.Text(), " ")
		for os.Getppid() == parent { // else nobody wants to know any more
			found, err := look(service)
			if err != nil {
				return err
			}
			if found == address {
				break
			}
			pause(every)
		}
		saw(service, address)
	}
	return wanted.Err()
}

// pause waits for less than a millisecond, which timers of Go, who wake up with the network poller, can't.
func pause(d time.Duration) {
	timeout := unix.NsecToTimeval(int64(d))
	_, _ = unix.Select(0, nil, nil, nil, &timeout)
}
