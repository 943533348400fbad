// Command simulate judges the strategies of package balancer under load, failure and change, in virtual
// time: nothing sleeps, and minutes of traffic take a fraction of a second.
//
// What chooses is the real thing: a balancer.LoadBalancer and, where a scenario says so, an
// outlier.Detector, driven through the calls that the agent makes. Simulated is only what they meet:
//
//   - Clients send requests at random moments (a Poisson process) without waiting for earlier ones. They
//     do not retry, and give up after the time-out.
//   - A server works on a few requests at once and keeps the others in a queue, first come first served.
//     The work of a request is drawn from a log-normal distribution. A request whose client has given up
//     is thrown away when it comes to the head of the queue; one that is being worked on is finished.
//   - An agent probes every server at an interval and marks what it finds, as health.Checker does with
//     its default thresholds of 1. Clients take leases and end them with the outcome.
//
// The network takes no time. Parameters and seeds stand in params.go, the scenarios in scenarios.go; both
// were written before the first run, and every seed is reported. A seed fixes when requests come, what
// work they are and which keys they have, so all strategies meet the same traffic. The draws of the
// random strategies are the balancer's own and differ from run to run, and with them the last digits.
//
// Each run also checks what docs/simulation.md says: its conclusions stand as claims in conclusions.go,
// each with the comparison of medians that it rests on, and one that does not hold fails the run.
package main
