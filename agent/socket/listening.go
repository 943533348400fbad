package socket

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// listeningAt returns the path of a listening stream socket.
func listeningAt(file *os.File) (path string, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return "", err
	}
	var problem error
	if err := raw.Control(func(fd uintptr) { path, problem = listeningPath(int(fd)) }); err != nil {
		return "", err
	}
	return path, problem
}

func listeningPath(fd int) (string, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return "", fmt.Errorf("it is no socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	address, ok := name.(*unix.SockaddrUnix)
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	switch {
	case !ok:
		return "", errors.New("it is no UNIX socket: ListenStream needs a path")
	case kind != unix.SOCK_STREAM:
		return "", errors.New("it is no stream socket: use ListenStream")
	case err != nil:
		return "", err
	case listening == 0:
		return "", errors.New("it does not listen: the socket unit must have Accept=no")
	case !filepath.IsAbs(address.Name):
		return "", fmt.Errorf("its address %q is no absolute path", address.Name)
	}
	return address.Name, nil
}

// samePlace tells whether two paths name the same place, be it through another way to its folder.
func samePlace(bound, wanted string) bool {
	wanted, err := filepath.Abs(wanted)
	if err != nil {
		return false
	}
	bound = filepath.Clean(bound)
	if bound == wanted {
		return true
	}
	a, errA := os.Stat(filepath.Dir(bound))
	b, errB := os.Stat(filepath.Dir(wanted))
	return errA == nil && errB == nil && os.SameFile(a, b) && filepath.Base(bound) == filepath.Base(wanted)
}
