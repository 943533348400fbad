package main

import (
	"bytes"
	"fmt"
)

// lease asks for a lease and ends it, which are two requests.
func lease(take []byte) script {
	return func(ask func([]byte) ([]byte, error)) error {
		answer, err := ask(take)
		if err != nil {
			return err
		}
		_, id, _ := bytes.Cut(answer, []byte(`"lease":"`))
		id, _, ok := bytes.Cut(id, []byte(`"`))
		if !ok {
			return fmt.Errorf("the answer has no lease: %q", answer)
		}
		_, err = ask(endRequest(id))
		return err
	}
}

func endRequest(id []byte) []byte {
	return fmt.Appendf(nil, "DELETE /v1/leases/%s?success=true&latency_ms=12.5 HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\n\r\n", id)
}

// leases holds taking and ending leases against an echo server.
func (b *bench) leases() error {
	agent, err := b.startAgent(agentName, 10)
	if err != nil {
		return err
	}
	take := post("POST /v1/leases", `{"service":"`+serviceName(0)+`"}`)
	agent.script = lease([]byte(take))
	var exchanges []exchange
	end := ""
	for _, request := range []string{take, "end"} {
		if request == "end" {
			request = end
		}
		answer, err := once(agent, request)
		if err != nil {
			return err
		}
		_, id, _ := bytes.Cut([]byte(answer), []byte(`"lease":"`))
		id, _, _ = bytes.Cut(id, []byte(`"`))
		end = string(endRequest(id))
		exchanges = append(exchanges, exchange{request, answer})
	}
	servers := []*server{}
	for _, name := range []string{echoName, controlName} {
		e, err := b.child(name, "echo", agent.script, exchanges...)
		if err != nil {
			return err
		}
		servers = append(servers, e)
	}
	_, err = b.run(race{
		title:   "Leases: POST /v1/leases and its DELETE, beside an echo server",
		servers: append(servers, agent), connections: everyCount, aims: []aim{cpuAtMost(agentName, 1.3)},
	})
	return err
}
