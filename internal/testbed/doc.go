// Package testbed starts what the tests of Remora need from the world: a real etcd or Consul, alone or
// as a cluster, with or without mTLS, passwords and access control; a Consul that lies; a TCP proxy that
// misbehaves; and small backends.
//
// Everything runs on loopback, in temporary folders, and ends with the test that started it. The
// servers are built once from the module that pins them, under tools, into bin/tools of the checkout;
// test binaries that run in parallel wait for each other there.
//
// [EtcdScenarios] and [ConsulScenarios] are tables of what can happen to a catalog. Each entry acts on a
// real one and asks a [Watcher] to confirm what should now be seen, so that the same table tests a
// provider alone and the whole agent from outside.
//
// Programs that are no tests, such as benchmarks, use it inside [Run].
//
// Functions that take a testing.TB fail that test when they can't do their work, and must be called
// from the goroutine that runs it.
package testbed
