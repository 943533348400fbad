// Command micro runs the Go benchmarks of the packages that a selection, a lease, a report, a probe or a
// change goes through, each several times over, and reports them in the common form.
//
//	go run ./bench/micro -json bin/bench/micro.json
//
// The benchmarks stand beside what they measure; here is which of them are run, how often, and what they
// are to come to. One suite that fails does not cost the others.
//
//	suites.go    the suites, as data
//	main.go      flags, running go test
//	parse.go     reading what it prints
//	report.go    tables and plots
package main
