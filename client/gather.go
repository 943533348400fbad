package client

import "github.com/remora-agent/remora/client/wire"

// maxTold bounds the bytes of one request, roughly; the agent takes 1 MB.
const maxTold = 256 << 10

// gather takes the news out of the ledger, in as many requests as it needs. The first asks for the load of
// all services, so there is always one.
func (t *teller) gather() []wire.Feedback {
	var (
		all   []wire.Feedback
		place map[string]int // of the service in the last of all
		room  gauge
	)
	begin := func() {
		all = append(all, wire.Feedback{})
		place, room = make(map[string]int), gauge{}
	}
	service := func(name string) *wire.ServiceFeedback {
		f := &all[len(all)-1]
		at, ok := place[name]
		if !ok {
			at = len(f.Services)
			place[name] = at
			f.Services = append(f.Services, wire.ServiceFeedback{Service: name})
		}
		return &f.Services[at]
	}
	begin()
	for _, name := range t.balancer.services {
		service(name)
	}
	for _, one := range t.ledger.all() {
		line, is := one.report()
		if !is {
			continue
		}
		if !room.takes(&line) {
			begin()
			room.takes(&line)
		}
		to := service(one.key.service)
		to.Backends = append(to.Backends, line)
	}
	return all
}

// report is what the agent has not been told yet; false: nothing.
func (t *tally) report() (line wire.BackendFeedback, is bool) {
	active, outcomes := int(t.active.Load()), t.take()
	if active == t.told && outcomes.total == 0 {
		return line, false
	}
	t.told = min(active, wire.MaxActive)
	line = wire.BackendFeedback{Address: t.key.address, Active: t.told}
	outcomes.put(&line)
	return line, true
}

// gauge keeps a request within the agent's limits.
type gauge struct{ bytes, outcomes int }

func (g *gauge) takes(line *wire.BackendFeedback) bool {
	more := gauge{bytes: 200 + len(line.Address) + 6*len(line.Outcomes)}
	for _, run := range line.Outcomes {
		more.outcomes += max(run, -run)
	}
	if g.bytes > 0 && (g.bytes+more.bytes > maxTold || g.outcomes+more.outcomes > wire.MaxOutcomes) {
		return false
	}
	g.bytes += more.bytes
	g.outcomes += more.outcomes
	return true
}
