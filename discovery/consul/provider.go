package consul

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/credential"
)

// Provider watches the services of one Consul. All methods may be called concurrently; Run only once.
type Provider struct {
	config Config
	logger hclog.Logger
	access *credential.Follower
	pool   *pool
	renews *renewals    // of the files
	idle   atomic.Int64 // series that are woken for nothing
	outage *outage

	listing sync.Mutex // guards relists
	relists bucket     // early attempts to list after a failure

	refreshers refreshers
}

var (
	_ discovery.Provider = (*Provider)(nil)
	_ discovery.Lister   = (*Provider)(nil)
	_ discovery.Runner   = (*Provider)(nil)
	_ discovery.Metered  = (*Provider)(nil)
	_ discovery.Patient  = (*Provider)(nil)

	_ discovery.Credentialed = (*Provider)(nil)
)

// New checks config, reads the files once to find mistakes early, and connects to nothing yet. A nil
// logger logs nothing.
func New(config Config, logger hclog.Logger) (*Provider, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure consul: %w", err)
	}
	target, err := config.target()
	if err != nil {
		return nil, fmt.Errorf("configure consul: %w", err)
	}
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	p := &Provider{config: config, logger: logger, pool: newPool(config, target), renews: newRenewals()}
	p.outage, p.relists = newOutage(), early(config.Pause)
	p.access = p.newFollower()
	if err := p.access.Begin(); err != nil {
		return nil, fmt.Errorf("configure consul: %w", err)
	}
	tlsConfig, err := config.tlsConfig(p.access.Current())
	if err != nil {
		return nil, fmt.Errorf("configure consul: %w", err)
	}
	p.pool.renew(p.pool.newTransport(tlsConfig))
	return p, nil
}

// Run implements discovery.Runner: it follows the files and closes what is no longer needed, until ctx
// ends, and returns nil then.
func (p *Provider) Run(ctx context.Context) error {
	ticker := time.NewTicker(p.config.RefreshEvery)
	defer ticker.Stop()
	defer p.pool.closeIf(func(*connection) bool { return true })
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { p.lookOut(ctx) })
	watching.Go(func() { p.access.Follow(ctx, p.config.RefreshEvery) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			p.pool.sweep(now)
		}
	}
}

// Load implements discovery.Metered.
func (p *Provider) Load() discovery.Load { return p.pool.load() }
