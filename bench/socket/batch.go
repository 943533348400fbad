package main

import (
	"fmt"
	"strings"
)

// picks is how many are asked for together.
const picks = 100

// batch measures POST /v1/select beside an echo server that moves the same bytes.
func (b *bench) batch() error {
	agent, err := b.startAgent(agentName, 10)
	if err != nil {
		return err
	}
	list := make([]string, picks)
	for i := range list {
		list[i] = fmt.Sprintf(`{"service":%q}`, serviceName(i%10))
	}
	request := post("POST /v1/select", `{"picks":[`+strings.Join(list, ",")+`]}`)
	agent.script = always(request)
	servers, _, err := b.beside(agent, request)
	if err != nil {
		return err
	}
	_, err = b.run(race{
		title:   fmt.Sprintf("POST /v1/select with %d picks, beside an echo server", picks),
		servers: append(servers, agent), connections: everyCount, each: picks,
		aims: []aim{picksAtLeast(agentName, 2_000_000)},
	})
	return err
}
