package testbed

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports given to servers lie below the range that systems hand out to outgoing connections, so
// that nothing takes one while its server is down.
const (
	firstPort = 12000
	lastPort  = 32000
)

// listenLoopback listens on a port of 127.0.0.1 that stays free for it when it closes and comes back.
func listenLoopback() (*net.TCPListener, error) {
	var last error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return listener.(*net.TCPListener), nil
		}
		last = err
	}
	return nil, fmt.Errorf("find a free port: %w", last)
}

// freeAddresses returns n different loopback addresses that nobody listens on.
func freeAddresses(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := listenLoopback()
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }() // at the end, so that all of them differ
		addresses[i] = listener.Addr().String()
	}
	return addresses, nil
}
