//go:build unix

package health

import (
	"net"
	"syscall"
	"testing"
)

// setBacklog bounds how many connections a listener keeps before they are accepted.
func setBacklog(t *testing.T, l *net.TCPListener, n int) {
	t.Helper()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failure error
	if err := raw.Control(func(fd uintptr) { failure = syscall.Listen(int(fd), n) }); err != nil || failure != nil {
		t.Fatal(err, failure)
	}
}

// A process without file descriptors can't probe, and that says nothing about its backends.
func TestNoDescriptorsLeft(t *testing.T) {
	open := listen(t, func(net.Conn) {})
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := before
	none.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	for _, typ := range []string{TypeTCP, TypeHTTP, TypeGRPC} {
		expect(t, open, Check{Type: typ}, kindLocal, typ+": not probed: too many open files")
	}
}
