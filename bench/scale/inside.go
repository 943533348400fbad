package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"

	remora "github.com/remora-agent/remora/agent"
)

// insideArgument makes this program an agent that takes profiles of itself.
const insideArgument = "-agent-inside"

// runInside is an agent that writes a profile of its CPU time between two SIGUSR1, each time anew, and
// at the second one also of its heap.
func runInside(config, folder string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	toggles := make(chan os.Signal, 1)
	signal.Notify(toggles, syscall.SIGUSR1)
	profiled := make(chan error, 1)
	go func() { profiled <- profile(ctx, toggles, folder) }()
	err := remora.Run(ctx, remora.Options{
		ConfigPaths: []string{config},
		Version:     "bench",
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
	})
	stop()
	return errors.Join(err, <-profiled)
}

func profile(ctx context.Context, toggles <-chan os.Signal, folder string) error {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-toggles:
		}
		base := filepath.Join(folder, fmt.Sprintf("%d-%d", os.Getpid(), n))
		if err := profileOnce(ctx, toggles, base); err != nil {
			return fmt.Errorf("write profiles: %w", err)
		}
	}
}

func profileOnce(ctx context.Context, toggles <-chan os.Signal, base string) error {
	cpu, err := os.Create(base + ".cpu")
	if err != nil {
		return err
	}
	defer cpu.Close()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-toggles:
	}
	pprof.StopCPUProfile()
	heap, err := os.Create(base + ".heap")
	if err != nil {
		return err
	}
	defer heap.Close()
	runtime.GC()
	return pprof.Lookup("heap").WriteTo(heap, 0)
}
