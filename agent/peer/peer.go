// Package peer tells who is at the other end of a UNIX socket.
//
// The kernel notes the credentials when the connection is made, so they can't be forged and do not
// change when the socket is handed to another process: a program that connects as root and then
// drops its privileges is root on that connection. Take them once, when the connection is accepted.
package peer

import (
	"fmt"
	"net"
	"syscall"
)

// Credentials say who made a connection, as this process's user namespace sees them.
type Credentials struct {
	UID uint32 // effective at the time of the connect
	GID uint32 // likewise
	PID int32  // for logs only, never for a decision: pids are reused; 0 when it can't be known
}

// Of returns the credentials of the peer of conn, which must be a connected UNIX stream socket: a
// *net.UnixConn, or a wrapper with its SyscallConn method. Where the kernel has none to give, such as
// for TCP, the result is an error, never somebody's credentials. Safe to call concurrently.
func Of(conn net.Conn) (Credentials, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return Credentials{}, fmt.Errorf("read peer credentials: %T has no SyscallConn method", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return Credentials{}, fmt.Errorf("read peer credentials: %w", err)
	}
	var found Credentials
	var callErr error
	if err := raw.Control(func(fd uintptr) { found, callErr = ofSocket(int(fd)) }); err != nil {
		return Credentials{}, fmt.Errorf("read peer credentials: %w", err)
	}
	if callErr != nil {
		return Credentials{}, fmt.Errorf("read peer credentials: %w", callErr)
	}
	return found, nil
}
