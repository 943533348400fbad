package agent

import (
	"fmt"

	"github.com/remora-agent/remora/agent/config"
)

// What of the process's file descriptors connections of applications do not get.
const (
	ownDescriptors      = 64 // files, pipes, epoll, listeners, and connections that are being turned away
	etcdDescriptors     = 8  // for each provider
	leastConnections    = 16 // on each socket, whatever else there is
	unknownDescriptors  = 0  // the system does not say how many there may be
	descriptorsPerProbe = 1
)

// otherDescriptors is how many descriptors an agent needs besides those of its applications' connections:
// for health probes and its catalogs, which must go on whatever the applications do.
func otherDescriptors(c *config.Config) int {
	n := ownDescriptors + descriptorsPerProbe*c.Health.MaxInFlight
	for _, p := range c.Providers {
		if p.Consul != nil {
			n += p.Consul.MaxConnections
		} else {
			n += etcdDescriptors
		}
	}
	return n
}

// sockets is how many sockets with places for connections a configuration has.
func sockets(c *config.Config) int {
	n := 1
	if c.API.AdminSocket != "" {
		n++
	}
	if c.Telemetry.Listen != "" {
		n++
	}
	return n
}

// placesFor is how many connections each socket may have when the process may have so many file
// descriptors. The warning says that this is less than is configured, and what would be enough.
func placesFor(c *config.Config, descriptors int) (places int, warning string) {
	wanted := c.API.MaxConnections
	needed := otherDescriptors(c) + sockets(c)*wanted
	if descriptors == unknownDescriptors || descriptors >= needed {
		return wanted, ""
	}
	places = min(max((descriptors-otherDescriptors(c))/sockets(c), leastConnections), wanted)
	return places, fmt.Sprintf("raise the limit of open files to %d, or lower api.max_connections", needed)
}
