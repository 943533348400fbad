package supervisor

import (
	"fmt"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// Environment is what a supervisor has given the agent. The zero value is none.
type Environment struct {
	// Sockets are listening sockets that the agent is to use. They are the agent's to close.
	Sockets []*os.File

	// Notify sends a message: lines of NAME=VALUE. It does not wait for an answer. Nil: nobody listens.
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

func notify(message string) error {
	_, err := daemon.SdNotify(false, message)
	return err
}
