package process

import (
	"fmt"
	"net"
)

// FreeAddresses finds addresses of the loopback interface that nobody listens on. Somebody may take one
// before it is used: who binds it should say so.
func FreeAddresses(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find free ports: %w", err)
		}
		defer l.Close() // only once all are found, so that they differ
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
