package agent

import (
	"strconv"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/agent/metrics"
	"github.com/remora-agent/remora/client/wire"
)

// limits is what applications may cost together and each user alone.
func limits(c *config.Config) api.Limits {
	places, _ := placesFor(c, descriptorLimit())
	return api.Limits{
		Connections:        places,
		ConnectionsPerUser: c.API.MaxConnectionsPerUID,
		StreamsPerUser:     c.API.MaxStreamsPerUID,
		RequestsPerUser:    c.API.MaxRequestsPerUID,
	}
}

// warnOfLimits says so when there are too few file descriptors.
func (a *Agent) warnOfLimits(c *config.Config) {
	available := descriptorLimit()
	if places, warning := placesFor(c, available); warning != "" {
		a.log.Warn("too few file descriptors for all connections", "limit", available, "connections", places, "advice", warning)
	}
}

// usersState is what each user has and was refused, for a scrape.
func (a *Agent) usersState() []metrics.User {
	users := a.server.Users()
	list := make([]metrics.User, 0, len(users))
	for _, u := range users {
		list = append(list, metrics.User{
			Name: userName(u.UID), Connections: u.Connections,
			RefusedConnections: u.Refused.Connections, RefusedStreams: u.Refused.Streams, RefusedRequests: u.Refused.Requests,
		})
	}
	return list
}

// limitedUsers lists the users who were refused something.
func (a *Agent) limitedUsers() (list []wire.LimitedUser) {
	for _, u := range a.server.Users() {
		if u.Refused.Connections+u.Refused.Streams+u.Refused.Requests == 0 {
			continue
		}
		list = append(list, wire.LimitedUser{
			User: userName(u.UID), Connections: u.Connections,
			RefusedConnections: u.Refused.Connections, RefusedStreams: u.Refused.Streams, RefusedRequests: u.Refused.Requests,
		})
	}
	return list
}

// userName is a uid as people and metrics see it.
func userName(uid uint32) string {
	switch uid {
	case api.Nobody:
		return "unknown"
	case fair.OtherUsers:
		return "_other"
	}
	return strconv.FormatUint(uint64(uid), 10)
}
