package main

import (
	"fmt"
	"strings"
)

// picks is how many are asked for together.
const picks = 100

// batch measures POST /v1/select beside an echo server that moves the same bytes.
func (b *bench) batch() error {
	agent, err := b.startAgent("agent", 10)
	if err != nil {
		return err
	}
	list := make([]string, picks)
	for i := range list {
		list[i] = fmt.Sprintf(`{"service":%q}`, serviceName(i%10))
	}
	request := post("POST /v1/select", `{"picks":[`+strings.Join(list, ",")+`]}`)
	agent.script = always(request)
	servers, _, err := b.beside(agent, "", request)
	if err != nil {
		return err
	}
	from := len(b.results)
	if err := b.run(race{"POST /v1/select with 100 picks, beside an echo server", append(servers, agent), everyCount}); err != nil {
		return err
	}
	fmt.Println()
	for _, r := range b.results[from:] {
		if r.Server == agent.name {
			fmt.Printf("%.0f picks a second with %d connections\n", picks*r.Rate, r.Connections)
		}
	}
	return nil
}
