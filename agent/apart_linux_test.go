package agent

import "syscall"

// endWithParent has the kernel end an agent whose test binary was killed and cleaned up nothing.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
