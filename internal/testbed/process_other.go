//go:build !linux

package testbed

import "syscall"

// endWithParent has no counterpart on this system: only Cleanup ends the servers.
func endWithParent() *syscall.SysProcAttr { return nil }
