package supervisor

import (
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// Notifier says how the agent is doing. The agent starts, becomes ready, may reload any number of times,
// and stops; a message that does not fit where the agent is is not sent, so that a reload never makes one
// look ready that is not. Safe for concurrent use.
type Notifier struct {
	send func(string) error
	log  hclog.Logger

	mu       sync.Mutex // held while a message is sent, so that they arrive in order
	ready    bool
	stopping bool
	failed   bool   // the last message could not be sent, and the log says so
	status   string // as it was sent last
}

// NewNotifier returns one that sends nothing where e.Notify is nil.
func NewNotifier(e Environment, log hclog.Logger) *Notifier {
	return &Notifier{send: e.Notify, log: log}
}

// Ready says that the agent serves.
func (n *Notifier) Ready(status string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ready || n.stopping {
		return
	}
	n.ready = true
	n.tell(status, "READY=1")
}

// Reloading says that the configuration is being read anew. The function that it returns says how that
// went; it must be called before the next reload begins.
func (n *Notifier) Reloading() (done func(status string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.ready || n.stopping {
		return func(string) {}
	}
	n.tell("reading the configuration", append([]string{"RELOADING=1"}, monotonic()...)...)
	return func(status string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.stopping {
			n.tell(status, "READY=1")
		}
	}
}

// Stopping says that the agent is on its way out.
func (n *Notifier) Stopping() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopping = true
	n.tell("finishing what is in flight", "STOPPING=1")
}

// alive keeps the watchdog quiet.
func (n *Notifier) alive(status string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping || status == n.status {
		status = ""
	}
	n.tell(status, "WATCHDOG=1")
}

// tell sends a message; the caller holds the lock. One that the supervisor does not take in time is an
// error, which is worth a line when it begins: the agent serves on.
func (n *Notifier) tell(status string, lines ...string) {
	if n.send == nil {
		return
	}
	if status != "" {
		n.status = status
		lines = append(lines, "STATUS="+strings.ReplaceAll(status, "\n", " "))
	}
	err := n.send(strings.Join(lines, "\n"))
	if err != nil && !n.failed {
		n.log.Warn("supervisor can't be told", "message", lines[0], "error", err)
	}
	n.failed = err != nil
}
