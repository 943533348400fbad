package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// signalled is a system whose signals come from the channel.
func signalled(ch <-chan os.Signal) system {
	return system{signals: func(...os.Signal) (<-chan os.Signal, func()) { return ch, func() {} }}
}

func TestSuperviseEndsWell(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		signals := make(chan os.Signal, 1)
		signals <- sig
		sys := signalled(signals)
		err := sys.supervise(t.Context(), func(ctx context.Context, _ <-chan struct{}) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if err != nil {
			t.Errorf("%v: got %v, want the end that was asked for", sig, err)
		}
	}
}

func TestSuperviseReportsFailure(t *testing.T) {
	defer goleak.VerifyNone(t)
	broken := errors.New("broken")
	sys := signalled(nil)
	err := sys.supervise(t.Context(), func(context.Context, <-chan struct{}) error { return broken })
	if err != broken {
		t.Errorf("got %v, want the failure", err)
	}
}

// TestSuperviseSecondSignal: the agent is still busy ending when the second signal comes.
func TestSuperviseSecondSignal(t *testing.T) {
	defer goleak.VerifyNone(t)
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGTERM
	finish, finished := make(chan struct{}), make(chan struct{})
	sys := signalled(signals)
	err := sys.supervise(t.Context(), func(ctx context.Context, _ <-chan struct{}) error {
		defer close(finished)
		<-ctx.Done()
		signals <- os.Interrupt
		<-finish
		return nil
	})
	if !errors.Is(err, errForced) {
		t.Errorf("got %v, want %v", err, errForced)
	}
	close(finish)
	<-finished
}

func TestSuperviseReloads(t *testing.T) {
	defer goleak.VerifyNone(t)
	signals := make(chan os.Signal, 1)
	sys := signalled(signals)
	err := sys.supervise(t.Context(), func(_ context.Context, reload <-chan struct{}) error {
		for range 3 {
			signals <- syscall.SIGHUP
			<-reload
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReloadsAreNotQueued(t *testing.T) {
	reload := make(chan struct{}, 1)
	for range 5 {
		request(reload)
	}
	if len(reload) != 1 {
		t.Errorf("%d reloads are due, want 1", len(reload))
	}
}
