package peer

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// nobody is what Linux answers, without an error, for a socket that has no peer credentials.
const nobody = ^uint32(0)

var errNoPeer = errors.New("the kernel knows no peer: not a connected UNIX socket")

// ofSocket reads SO_PEERCRED, see socket(7) and unix(7).
func ofSocket(fd int) (Credentials, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, os.NewSyscallError("getsockopt SO_PEERCRED", err)
	}
	if cred.Uid == nobody {
		return Credentials{}, errNoPeer
	}
	return Credentials{UID: cred.Uid, GID: cred.Gid, PID: cred.Pid}, nil
}
