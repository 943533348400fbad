package supervisor

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// Environment is what a supervisor has given the agent. The zero value is none.
type Environment struct {
	// Sockets are listening sockets that the agent is to use. They are the agent's to close.
	Sockets []*os.File

	// Notify sends a message: lines of NAME=VALUE. It does not wait for an answer, and only seconds for a
	// supervisor that has no room for the message. Nil: nobody listens.
	Notify func(message string) error

	// Watchdog is the time after which the supervisor takes a silent agent for hung; 0: never.
	Watchdog time.Duration
}

// FromEnvironment reads the variables of the process that are meant for it. Those of the sockets are
// removed, so that a second call gives none.
func FromEnvironment() (Environment, error) {
	e := Environment{Sockets: activation.Files(true)}
	if os.Getenv("NOTIFY_SOCKET") != "" {
		e.Notify = notify
	}
	var err error
	if e.Watchdog, err = daemon.SdWatchdogEnabled(false); err != nil {
		return e, fmt.Errorf("read WATCHDOG_USEC: %w", err)
	}
	return e, nil
}

// notifyWithin is how long a message may wait for room. Those before it are in the way while the supervisor
// is busy, as at boot, and for good when it hangs: the agent must not hang with it.
const notifyWithin = 5 * time.Second

func notify(message string) error { return send(message, notifyWithin) }

// send sends a message as sd_notify(3) does, and gives up after a time.
func send(message string, within time.Duration) error {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: os.Getenv("NOTIFY_SOCKET"), Net: "unixgram"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // what was written is with the supervisor
	if err := c.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	_, err = c.Write([]byte(message))
	return err
}
