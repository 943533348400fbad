package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// LoadConfig reads a configuration as an agent of this version does, which knows the strategies of its
// balancer. The error is of type config.Faults.
func LoadConfig(paths ...string) (*config.Config, error) {
	var loader config.Loader
	for _, s := range balancer.Strategies() {
		loader.Strategies = append(loader.Strategies, string(s))
	}
	return loader.Load(paths...)
}

// Reload reads the configuration again and applies what changed, whole or not at all. Backends that
// stay keep their state. What needs a restart is named and left as it is.
func (a *Agent) Reload(ctx context.Context) (wire.ReloadResult, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	reloaded := a.supervisor.Reloading()
	result, err := a.reload()
	if err != nil {
		reloaded(fmt.Sprintf("reload refused: %v", err))
		return result, err
	}
	a.settle(ctx)
	reloaded(a.status())
	return result, nil
}

// settle waits until what the configuration itself says is in force, so that whoever asks after a reload
// is answered by it. It is done in milliseconds; if not, the reload is in force all the same, soon.
func (a *Agent) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	if err := a.catalog.AwaitDelivered(ctx); err != nil {
		a.log.Warn("reloaded, but what changed is not all in force yet", "error", err)
	}
}

// reload is Reload for who holds the lock.
func (a *Agent) reload() (wire.ReloadResult, error) {
	next, err := a.load()
	if err != nil {
		a.logRefusal(err)
		return wire.ReloadResult{}, configProblem(err)
	}
	changed, needsRestart := config.Diff(a.config.Load(), next)
	if err := a.apply(next); err != nil {
		a.log.Error("reload refused, nothing changed", "error", err)
		return wire.ReloadResult{}, wire.NewProblem(wire.CodeBadRequest, "%v", err)
	}
	a.log.Info("reloaded", "changed", changed, "needs-restart", needsRestart)
	return wire.ReloadResult{Changed: sorted(changed), NeedsRestart: sorted(needsRestart)}, nil
}

// logRefusal writes a line for each fault, so that each can be read and searched for.
func (a *Agent) logRefusal(err error) {
	var faults config.Faults
	if !errors.As(err, &faults) {
		a.log.Error("reload refused, nothing changed", "error", err)
		return
	}
	a.log.Error("reload refused, nothing changed", "faults", len(faults))
	for _, f := range faults {
		a.log.Error("fault of the configuration", "file", f.File, "line", f.Line, "fault", f.Summary, "detail", f.Detail)
	}
}

// apply puts a configuration in force. Everything that can fail comes first. Backends of new services
// are there before the catalog is told of the services, and policies before their first lists.
func (a *Agent) apply(c *config.Config) error {
	all, err := a.providers.makeAll(c)
	if err != nil {
		return err
	}
	plan := a.providers.planOf(c, all)
	if err := plan.Check(); err != nil {
		return fmt.Errorf("plan discovery: %w", err)
	}
	a.log.SetLevel(hclog.LevelFromString(c.LogLevel))
	a.groups.reconfigure(policiesOf(c))
	a.providers.static.Set(staticOf(c))
	if err := a.catalog.Configure(plan); err != nil {
		return fmt.Errorf("plan discovery: %w", err)
	}
	a.providers.made = all
	if old := a.config.Load(); old != nil {
		c = config.InForce(old, c)
	}
	a.config.Store(c)
	return nil
}

// reloadOn reloads whenever somebody asks by signal; Reload logs how it went.
func (a *Agent) reloadOn(ctx context.Context, signals <-chan struct{}) error {
	for {
		select {
		case <-signals:
			_, _ = a.Reload(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}
