// Package deploy has no code: the folder holds what runs an agent on a host, units for systemd above all,
// and the tests of this package hold those against systemd itself and against the agent. README.md says
// how to use them.
package deploy
