//go:build !linux

package main

import (
	"errors"
	"net"
)

// listenOnLoopback needs a host to which all of 127.0.0.0/8 belongs, as it does to one with Linux.
func listenOnLoopback() (net.Listener, error) { return nil, errors.ErrUnsupported }
