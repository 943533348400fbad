package main

import (
	"context"
	"net"
	"syscall"
)

// listenOnLoopback listens on every address of the loopback interface, and on no other: all of
// 127.0.0.0/8 is this host's.
func listenOnLoopback() (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		controlErr := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, "lo")
		})
		if err == nil {
			err = controlErr
		}
		return err
	}}
	return config.Listen(context.Background(), "tcp4", "0.0.0.0:0")
}
