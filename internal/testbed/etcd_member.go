package testbed

import (
	"context"
	"os"
	"syscall"
	"testing"
)

// Member is one etcd server.
type Member struct {
	name, binary, dir     string
	scheme                string
	client, peer, metrics string // addresses
	args                  []string
	process               *process
}

// Endpoint is the URL for clients, such as http://127.0.0.1:23790.
func (m *Member) Endpoint() string { return m.scheme + "://" + m.client }

// Address is the host:port behind Endpoint.
func (m *Member) Address() string { return m.client }

func (m *Member) start() (err error) {
	m.process, err = startProcess("ready to serve client requests", m.binary, m.args...)
	return err
}

// Kill ends the server with SIGKILL, as a crash would; its data stays for Restart.
func (m *Member) Kill() { m.process.end(syscall.SIGKILL) }

// Stop ends the server with SIGTERM, so that it says goodbye to its clients.
func (m *Member) Stop() { m.process.end(syscall.SIGTERM) }

// Pause freezes the server: its connections stay open and nothing answers.
func (m *Member) Pause() { m.process.signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (m *Member) Continue() { m.process.signal(syscall.SIGCONT) }

// Wipe deletes the data of a server that was ended: Restart then starts it empty, at revision 1.
func (m *Member) Wipe(t testing.TB) {
	t.Helper()
	if err := os.RemoveAll(m.dir); err != nil {
		t.Fatalf("wipe etcd %s: %v", m.name, err)
	}
}

// Restart starts a server that was ended, on its old addresses and data, and returns once it serves.
func (m *Member) Restart(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := m.start(); err != nil {
		t.Fatalf("restart etcd %s: %v", m.name, err)
	}
	if err := m.process.awaitReady(ctx); err != nil {
		t.Fatalf("restart etcd %s: %v", m.name, err)
	}
}
