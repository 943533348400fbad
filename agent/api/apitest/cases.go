package apitest

import (
	"slices"
	"strings"
)

// Cases is every route: what it does, and each error code that it can give.
var Cases = slices.Concat(selectCases, leaseCases, reportCases, serviceCases, registryCases, backendCases, agentCases, routeCases)

// two registers a service with two backends, the first of weight 5; one removes it.
func two(name string) Step {
	return Step{
		Do: "PUT /v1/services/" + name, Status: 201,
		Body: `{"strategy":"round_robin","backends":[{"address":"10.1.0.1:80","id":"first","weight":1,"zone":"a","tags":["v2"],"meta":{"k":"v"}},"10.1.0.2:80"]}`,
	}
}

func gone(name string) Step { return Step{Do: "DELETE /v1/services/" + name, Status: 204} }

// with puts steps between those that make a service with two backends and those that remove it.
func with(name string, steps ...Step) []Step {
	return slices.Concat([]Step{two(name)}, steps, []Step{gone(name)})
}

// refused is one request for each of the given, all answered alike.
func refused(status int, code string, requests ...Step) []Step {
	for i := range requests {
		requests[i].Status, requests[i].Code = status, code
	}
	return requests
}

func put(do, body string) Step { return Step{Do: do, Body: body} }
func get(do string) Step       { return Step{Do: do} }

var long = strings.Repeat("n", 254)

// badBodies are requests whose body is none that any route takes, and the given ones.
func badBodies(do string, more ...string) (steps []Step) {
	common := []string{
		``, ` `, `{`, `{} {}`, `{}x`, `nonsense`, `"\x00"`, "{\"a\":\"\x00\"}", "\xff", "{\"service\":\"\xff\"}", `7`, `true`,
		strings.Repeat("[", 20_000), strings.Repeat(`{"picks":[`, 9_000),
	}
	for _, body := range append(common, more...) {
		steps = append(steps, put(do, body))
	}
	return steps
}
