// Package supervisor talks to what started the agent: systemd, or anything that speaks its protocols.
//
// [FromEnvironment] takes what such a supervisor has left in the environment: listening sockets
// (sd_listen_fds(3)), where it wants to hear from the agent (sd_notify(3)), and how often
// (sd_watchdog_enabled(3)). A [Notifier] says how the agent is doing, and [Notifier.Watch] keeps saying so
// for as long as work that the agent does for its users succeeds. Without a supervisor all of it does
// nothing.
package supervisor
