package state

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// When the file is written.
const (
	minInterval  = time.Second      // between the ends and beginnings of writes
	refreshAfter = 10 * time.Second // what was only touched
	agesAfter    = time.Minute      // in any case, for the ages of what did not change
	share        = 50               // a write that took t is followed by none for share × t: 2% of the time
	maxInterval  = 10 * time.Minute

	lastWrite = 2 * time.Second  // that the write at shutdown may take
	hung      = 10 * time.Second // from when on a write counts as failed, though it may yet end
)

// Options are what a Keeper is made of.
type Options struct {
	Folder *Folder
	Logger hclog.Logger

	// Index returns an index that is not lower than any that was given out. It returns at once.
	Index func() uint64

	// Now is the wall clock, which may be set at any time; nil: time.Now.
	Now func() time.Time

	// Gather writes everything that is to be kept. It is called by one goroutine at a time, from time to
	// time and not while anything waits for it.
	Gather func(*Writer)
}

// Keeper decides when the file is written. Changed, Touched and Stats may be called concurrently and at
// any time; none of them waits for the disk.
type Keeper struct {
	o    Options
	kick chan struct{} // holds a token when something changed

	changed, touched atomic.Bool // since the last write began

	mu    sync.Mutex
	stats Stats
}

// Stats are what a Keeper counts.
type Stats struct {
	Writes   uint64 // that came out well
	Failures uint64
	Failing  bool          // the last one failed, or hangs
	Age      time.Duration // since the last good one began; before the first, since the start
	Took     time.Duration // by the last good one
	Bytes    int64         // that it wrote

	last time.Time
}

// NewKeeper returns a Keeper of a folder that has been read.
func NewKeeper(o Options) *Keeper {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Keeper{o: o, kick: make(chan struct{}, 1), stats: Stats{last: time.Now()}}
}

// Changed says that something changed which is to be on disk soon.
func (k *Keeper) Changed() {
	if k.changed.Load() {
		return
	}
	if k.changed.Swap(true) {
		return
	}
	select {
	case k.kick <- struct{}{}:
	default: // Run has not taken the token before this one yet
	}
}

// Touched says that something changed which may wait, such as a latency.
func (k *Keeper) Touched() {
	if !k.touched.Load() {
		k.touched.Store(true)
	}
}

// Stats returns the counts at one moment.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.stats
	s.Age = time.Since(s.last)
	return s
}

// Run writes when there is something to write, until ctx ends, and then once more. It returns nil, after
// a bounded time, whatever the disk does: a write that hangs goes on by itself. To be called once.
func (k *Keeper) Run(ctx context.Context) error {
	pause := minInterval
	for k.await(ctx, pause) {
		began, done := time.Now(), k.begin()
		if !k.watch(ctx, done) {
			k.finish(done)
			return nil
		}
		pause = pauseAfter(time.Since(began))
	}
	k.finish(nil)
	return nil
}

// pauseAfter is how long nothing is written after a write, good or bad, that took so long: so writing
// never takes more than its share of the time, however much there is to write.
func pauseAfter(took time.Duration) time.Duration {
	return min(max(minInterval, share*took), maxInterval)
}

// await returns when it is time to write: the pause is over, and something changed, was touched a while
// ago or has got old. False: ctx has ended.
func (k *Keeper) await(ctx context.Context, pause time.Duration) bool {
	since := time.Now()
	if !sleep(ctx, pause, nil) {
		return false
	}
	for !k.due(time.Since(since)) {
		if !sleep(ctx, refreshAfter, k.kick) {
			return false
		}
	}
	return true
}

// due says whether to write so long after the last write.
func (k *Keeper) due(since time.Duration) bool {
	return k.changed.Load() || since >= refreshAfter && k.touched.Load() || since >= agesAfter
}

// sleep returns after a time or when kick has a token. False: ctx has ended.
func sleep(ctx context.Context, d time.Duration, kick <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-kick:
	}
	return true
}

// begin starts a write in a goroutine of its own, so that a disk that hangs holds up nothing else.
func (k *Keeper) begin() (done chan struct{}) {
	k.changed.Store(false)
	k.touched.Store(false)
	done = make(chan struct{})
	go func() {
		defer close(done)
		began := time.Now()
		size, err := k.o.Folder.write(Meta{At: k.o.Now(), Index: k.o.Index()}, k.o.Gather)
		k.record(began, size, err)
	}()
	return done
}

// watch waits for a write, and counts it as failed when it hangs. False: ctx has ended first.
func (k *Keeper) watch(ctx context.Context, done <-chan struct{}) bool {
	late := time.NewTimer(hung)
	defer late.Stop()
	for {
		select {
		case <-done:
			return true
		case <-late.C:
			k.fail(fmt.Errorf("the disk has not answered for %v", hung))
		case <-ctx.Done():
			return false
		}
	}
}

// finish writes a last time, once the write that runs has ended, and waits for it as long as a shutdown
// may.
func (k *Keeper) finish(running chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	for _, next := range []func() chan struct{}{func() chan struct{} { return running }, k.begin} {
		done := next()
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-ctx.Done():
			k.fail(errors.New("the disk does not answer: the last changes are not kept"))
			return
		}
	}
}

// record takes down how a write went.
func (k *Keeper) record(began time.Time, size int64, err error) {
	if err != nil {
		k.changed.Store(true) // what it should have written is still to be written
		k.fail(err)
		return
	}
	k.mu.Lock()
	again := k.stats.Failing
	k.stats.Writes++
	k.stats.Failing = false
	k.stats.last, k.stats.Took, k.stats.Bytes = began, time.Since(began), size
	k.mu.Unlock()
	if again {
		k.o.Logger.Info("state is written again")
	}
}

// fail counts a failure, and logs the first in a row.
func (k *Keeper) fail(err error) {
	k.mu.Lock()
	k.stats.Failures++
	first := !k.stats.Failing
	k.stats.Failing = true
	k.mu.Unlock()
	if first {
		k.o.Logger.Error("state can't be written; all else goes on, but a restart would not find what changes from now on", "data-dir", k.o.Folder.path, "error", err)
	}
}
