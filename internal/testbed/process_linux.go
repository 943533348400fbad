package testbed

import "syscall"

// endWithParent has the kernel end a server whose test binary was killed and cleaned up nothing.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
