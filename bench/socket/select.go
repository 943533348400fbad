package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// manyConnections is from how many on it counts how fast the agent is; with fewer the waits for one
// another's processes are most of the time.
const manyConnections = 16

var everyCount = []int{1, manyConnections, 64}

// Names of servers that reports look for.
const (
	agentName   = "agent"
	echoName    = "echo"
	controlName = "control"
	nginxName   = "nginx"
	consulName  = "Consul"
)

// beside gives an echo server and its control for what a server answers.
func (b *bench) beside(s *server, request string) (pair []*server, answer string, err error) {
	if answer, err = once(s, request); err != nil {
		return nil, "", err
	}
	for _, name := range []string{echoName, controlName} {
		e, err := b.child(name, "echo", s.script, exchange{request, answer})
		if err != nil {
			return nil, "", err
		}
		pair = append(pair, e)
	}
	return pair, answer, nil
}

// selects holds GET /v1/select against all that can be compared with it.
func (b *bench) selects() error {
	agent, err := b.startAgent(agentName, 10)
	if err != nil {
		return err
	}
	request := selectRequest(serviceName(0))
	servers, answer, err := b.beside(agent, request)
	if err != nil {
		return err
	}
	standard, err := b.child("net-http", "net/http", agent.script, exchange{request, answer})
	if err != nil {
		return err
	}
	servers = append(servers, agent, standard)
	_, body, _ := strings.Cut(answer, "\r\n\r\n")
	for _, start := range []func() (*server, error){func() (*server, error) { return b.startNginx(body) }, b.startConsul} {
		s, err := start()
		if errors.Is(err, errNoPeer) {
			b.report.LeftOut = append(b.report.LeftOut, err.Error())
			continue
		}
		if err != nil {
			return err
		}
		servers = append(servers, s)
	}
	aims := append(withinControl(agentName), cpuAtMost(agentName, 1.25))
	laps, err := b.run(race{title: "GET /v1/select, beside an echo server", servers: servers, connections: everyCount, aims: aims})
	if err != nil {
		return err
	}
	b.versus(laps, agentName)
	b.draw(laps, agentName)
	return nil
}

// inTurn asks for each service in turn; connections share the turn.
func inTurn(services int) script {
	requests := make([][]byte, services)
	for i := range requests {
		requests[i] = []byte(selectRequest(serviceName(i)))
	}
	var turn atomic.Uint64
	return func(ask func([]byte) ([]byte, error)) error {
		_, err := ask(requests[turn.Add(1)%uint64(services)])
		return err
	}
}

// sizes holds agents with few and with many services against each other: asked for one service, and for
// each of theirs in turn, when what they know of most is in no cache of the CPU.
func (b *bench) sizes() error {
	few, err := b.startAgent("agent-10", 10)
	if err != nil {
		return err
	}
	many, err := b.startAgent("agent-10000", 10_000)
	if err != nil {
		return err
	}
	servers, _, err := b.beside(few, selectRequest(serviceName(0)))
	if err != nil {
		return err
	}
	counts := []int{16, 64}
	if _, err := b.run(race{
		title:   "10 and 10,000 services loaded, beside an echo server",
		servers: append(servers, few, many), connections: counts,
		aims: []aim{cpuAtMost(few.name, 1.25), cpuAtMost(many.name, 1.25)},
	}); err != nil {
		return err
	}
	few.script, many.script = inTurn(10), inTurn(10_000)
	_, err = b.run(race{title: "10,000 services asked for in turn, beside 10", servers: []*server{few, many}, connections: counts})
	return err
}

// updates holds an agent that takes 100 changes a second of the service that is asked for against one
// that takes none.
func (b *bench) updates() error {
	var servers []*server
	for _, name := range []string{"quiet", controlName, "changing"} {
		s, err := b.startAgent(name, 10)
		if err != nil {
			return err
		}
		if _, err := once(s, putBackends("PUT /v1/services/live", 0)); err != nil {
			return err
		}
		s.script = always(selectRequest("live"))
		servers = append(servers, s)
	}
	ctx, cancel := context.WithCancel(b)
	var changing sync.WaitGroup
	changing.Go(func() { change(ctx, servers[2]) })
	defer changing.Wait()
	defer cancel()
	_, err := b.run(race{
		title: "100 changes a second, beside none", servers: servers, connections: []int{16, 64},
		aims: []aim{cpuAtMost("changing", 1.1)},
	})
	return err
}

func change(ctx context.Context, s *server) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := once(s, putBackends("PUT /v1/services/live/backends", n)); err != nil && ctx.Err() == nil {
				fmt.Println("change failed:", err)
			}
		}
	}
}

// putBackends lists ten backends, one of which is another each time.
func putBackends(do string, n int) string {
	list := make([]string, backends)
	for i := range list {
		list[i] = fmt.Sprintf(`"10.100.100.1%d:8080"`, i)
	}
	list[n%backends] = fmt.Sprintf(`"10.100.101.1%d:8080"`, n%backends)
	return post(do, `{"backends":[`+strings.Join(list, ",")+`]}`)
}

func post(do, body string) string {
	return fmt.Sprintf("%s HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\nContent-Length: %d\r\n\r\n%s", do, len(body), body)
}
