package balancer

import (
	"errors"
	"fmt"
)

// What callers branch on, with errors.Is.
var (
	// ErrUnknownService says that no such service is registered.
	ErrUnknownService = errors.New("unknown service")

	// ErrUnknownBackend says that the service has no backend at that address.
	ErrUnknownBackend = errors.New("unknown backend")

	// ErrKeyRequired says that the group's strategy hashes, and the selection has no key.
	ErrKeyRequired = errors.New("key required")

	// ErrNoHealthyBackend says that none of the backends may be chosen.
	ErrNoHealthyBackend = errors.New("no healthy backend")

	// ErrNoBackends says that the group is empty; it is also an ErrNoHealthyBackend.
	ErrNoBackends = fmt.Errorf("no backends: %w", ErrNoHealthyBackend)
)
