package agent

import (
	"context"
	"time"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/metrics"
	"github.com/remora-agent/remora/agent/state"
)

// data is the agent's memory on disk. Without a data_dir its methods do nothing.
type data struct {
	folder *state.Folder
	keeper *state.Keeper
}

// openData takes the data_dir, if there is to be one, and reads what is kept there.
func (a *Agent) openData(c *config.Config) (state.State, error) {
	if c.DataDir == "" {
		return state.State{}, nil
	}
	folder, err := state.Open(c.DataDir)
	if err != nil {
		return state.State{}, err
	}
	log := a.log.Named("state")
	a.data.folder = folder
	a.data.keeper = state.NewKeeper(state.Options{
		Folder: folder,
		Logger: log,
		Index:  func() uint64 { return a.groups.lb.Index() },
		Now:    a.options.clock,
		Gather: a.remember,
	})
	now := a.options.clock()
	kept := folder.Load(now)
	switch {
	case kept.Fault != nil:
		log.Error("the state file can't be used: starting without what was kept", "data-dir", c.DataDir, "set-aside-as", kept.Aside, "error", kept.Fault)
	case kept.Found:
		log.Info("state read", "data-dir", c.DataDir, "services", len(kept.State.Services), "leases", len(kept.State.Leases),
			"bytes", kept.Bytes, "age", kept.State.Meta.Elapsed(now).Round(time.Millisecond))
	}
	return kept.State, nil
}

// indexSlack is more than the indexes that can be given out between two writes of the file.
const indexSlack = 1_000_000_000

// firstIndex is where indexes begin: at the clock, and above those that were kept should the clock have
// been set back.
func firstIndex(started time.Time, kept state.Meta) uint64 {
	index := uint64(max(0, started.UnixMicro()))
	if kept.Index == 0 || kept.Index > 1<<62 {
		return index
	}
	return max(index, kept.Index+indexSlack)
}

// changed says that something changed which is to be on disk soon.
func (d *data) changed() {
	if d.keeper != nil {
		d.keeper.Changed()
	}
}

// touched says that something changed which may wait.
func (d *data) touched() {
	if d.keeper != nil {
		d.keeper.Touched()
	}
}

// run writes until ctx ends, and a last time.
func (d *data) run(ctx context.Context) error {
	if d.keeper == nil {
		<-ctx.Done()
		return nil
	}
	return d.keeper.Run(ctx)
}

// close gives the folder up.
func (d *data) close() {
	if d.folder != nil {
		_ = d.folder.Close() // nothing is left to be written
	}
}

// stats is what a scrape shows; nil without a data_dir.
func (d *data) stats() *metrics.Disk {
	if d.keeper == nil {
		return nil
	}
	s := d.keeper.Stats()
	return &metrics.Disk{
		Writes:       s.Writes,
		Failures:     s.Failures,
		AgeSeconds:   s.Age.Seconds(),
		WriteSeconds: s.Took.Seconds(),
		Bytes:        s.Bytes,
	}
}
