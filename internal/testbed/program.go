package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// Run calls f with the testing.TB of a program that is no test, so that programs can use this package
// too: what f starts ends before Run returns. What f reports with Error or Fatal is the error. The
// context that f gets from it ends with ctx or with f. It knows what this package asks of a testing.TB;
// a test's methods beyond that, such as Skip and Setenv, panic.
func Run(ctx context.Context, name string, f func(t testing.TB)) error {
	ctx, cancel := context.WithCancel(ctx)
	p := &program{ctx: ctx, name: name}
	defer p.end()
	defer cancel()
	done := make(chan struct{})
	go func() { // Fatal ends it
		defer close(done)
		f(p)
	}()
	<-done
	return p.err
}

// program is a testing.TB. Its methods are for the goroutine that runs f, as Fatal always is.
type program struct {
	testing.TB // nil; for the method that only package testing can write

	ctx      context.Context
	name     string
	err      error
	cleanups []func()
}

// end cleans up in the order that tests know: the last thing first.
func (p *program) end() {
	for len(p.cleanups) > 0 {
		last := len(p.cleanups) - 1
		f := p.cleanups[last]
		p.cleanups = p.cleanups[:last]
		f()
	}
}

func (p *program) Name() string             { return p.name }
func (p *program) Helper()                  {}
func (p *program) Context() context.Context { return p.ctx }
func (p *program) Cleanup(f func())         { p.cleanups = append(p.cleanups, f) }
func (p *program) Failed() bool             { return p.err != nil }

func (p *program) Error(args ...any) { p.err = errors.Join(p.err, errors.New(fmt.Sprint(args...))) }

func (p *program) Errorf(format string, args ...any) { p.Error(fmt.Sprintf(format, args...)) }

func (p *program) Fatal(args ...any) {
	p.Error(args...)
	runtime.Goexit()
}

func (p *program) Fatalf(format string, args ...any) { p.Fatal(fmt.Sprintf(format, args...)) }

func (p *program) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (p *program) TempDir() string {
	folder, err := os.MkdirTemp("", "program")
	if err != nil {
		p.Fatalf("make a folder: %v", err)
	}
	p.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}
