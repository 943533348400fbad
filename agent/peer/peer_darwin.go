package peer

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// xucredVersion is XUCRED_VERSION of sys/ucred.h.
const xucredVersion = 0

var errNoPeer = errors.New("the kernel knows no peer: not a connected UNIX socket")

// ofSocket reads LOCAL_PEERCRED, see unix(4); the first of the groups is the effective one.
func ofSocket(fd int) (Credentials, error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return Credentials{}, os.NewSyscallError("getsockopt LOCAL_PEERCRED", err)
	}
	if cred.Version != xucredVersion || cred.Ngroups < 1 {
		return Credentials{}, errNoPeer
	}
	return Credentials{UID: cred.Uid, GID: cred.Groups[0], PID: pidOf(fd)}, nil
}

// pidOf returns 0 when the process has ended already: the pid is for logs, so that is no fault.
func pidOf(fd int) int32 {
	pid, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return 0
	}
	return int32(pid)
}
