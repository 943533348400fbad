package client

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"syscall"
	"time"
)

// defaultPatience is how long a call tries to reach an agent that was there before: a restart takes
// less.
const defaultPatience = 3 * time.Second

// eagerWait is the longest wait between two tries: a request that waits for an agent should not sleep over
// its return, and a dial that is refused costs a few microseconds.
const eagerWait = 500 * time.Millisecond

// WithPatience bounds how long a call that can't reach the agent is tried again, with waits that grow and
// are random; 3 s by default, and 0 for not at all. It is for restarts: a client that has never reached
// an agent reports that at once, and so does one that may not use the socket. What may have reached the
// agent is only repeated where that changes nothing.
func WithPatience(d time.Duration) Option {
	return func(c *Client) { c.patience = d }
}

// persist calls try until it reaches the agent or patience is over. With harmless, what try does may
// be done twice.
func (c *Client) persist(ctx context.Context, harmless bool, try func(context.Context) error) error {
	err := try(ctx)
	if !c.restarting(err, harmless) {
		return err
	}
	patience, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	for wait := (backoff{longest: eagerWait}); c.restarting(err, harmless) && pause(patience, wait.next()); {
		err = try(ctx)
	}
	return err
}

// restarting says whether an error looks like that of an agent that will be back, and the call may be
// made again. What failed before a connection stood has not reached it.
func (c *Client) restarting(err error, harmless bool) bool {
	if c.patience <= 0 || !errors.Is(err, ErrUnreachable) || !c.met.Load() || errors.Is(err, errSilent) {
		return false
	}
	unsent := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EAGAIN)
	return unsent || harmless && !errors.Is(err, fs.ErrPermission)
}

// reached notes that an agent has answered.
func (c *Client) reached() {
	if !c.met.Load() {
		c.met.Store(true)
	}
}

// harmless says whether x changes nothing, so that it may be done twice.
func (x *exchange) harmless() bool {
	return x.method == http.MethodGet || x.method == http.MethodPost && x.path == "/v1/select"
}
