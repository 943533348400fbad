// Package arrows holds the rule that imports point one way:
//
//	cmd/remora -> agent, client
//	agent      -> discovery, balancer, health, client/wire
//	client     -> balancer, client/wire
//
// It has no code but its test, which asks the go command for the packages of the module and what they
// import, and fails with the reason when an arrow turns. The rules are the table in rules_test.go; a
// package that no rule covers is a fault too, so a new room comes with its rule.
//
// What tests import is free, as long as it compiles.
package arrows
