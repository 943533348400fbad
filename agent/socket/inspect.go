package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/remora-agent/remora/agent/peer"
)

// inspect looks at what is at path. A nil error allows to put a socket there, and stale says that it
// replaces one of uid's on which nobody answers. The error says what else was found.
func inspect(path string, uid int) (stale bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return false, fmt.Errorf("%s is in the way: move it or choose another path", kind(info.Mode()))
	}
	if owner := ownerOf(info); owner != uid {
		return false, fmt.Errorf("a socket of uid %d is in the way and this agent runs as uid %d: "+
			"remove it, run as its user or choose another path", owner, uid)
	}
	return true, dial(path)
}

// dial returns nil only when it is certain that nobody answers.
func dial(path string) error {
	conn, err := net.Dial("unix", path) // never blocks: a full backlog is EAGAIN
	switch {
	case err == nil:
		defer conn.Close()
		return fmt.Errorf("a process%s that does not hold the lock answers there: "+
			"stop it or choose another path", listenerOf(conn))
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("a socket is in the way and may be in use: remove it if not: %w", err)
	}
}

// listenerOf returns " (pid N)" for the process that listens at the other end, where that is known.
func listenerOf(conn net.Conn) string {
	cred, err := peer.Of(conn)
	if err != nil || cred.PID == 0 {
		return ""
	}
	return fmt.Sprintf(" (pid %d)", cred.PID)
}

var kinds = map[fs.FileMode]string{
	0:                                 "a regular file",
	fs.ModeDir:                        "a folder",
	fs.ModeSymlink:                    "a symlink",
	fs.ModeNamedPipe:                  "a named pipe",
	fs.ModeSocket:                     "a socket",
	fs.ModeDevice:                     "a device",
	fs.ModeDevice | fs.ModeCharDevice: "a device",
}

// kind names the type of a file for a person.
func kind(mode fs.FileMode) string {
	if name, ok := kinds[mode.Type()]; ok {
		return name
	}
	return "something that is no socket"
}
