package feedback

import (
	"sync"
	"time"
)

// Limits bound what one uid can report.
type Limits struct {
	PerSecond int // outcomes of one uid that are admitted in the long run
	Burst     int // and at once
	UIDs      int // that are told apart; all others share one allowance
}

// DefaultLimits are for a uid more than the agent's API takes from all of them, so they bind nobody who
// reports what he did; they keep one that floods from holding up the others. A burst is several of the
// longest lists that one request can carry.
var DefaultLimits = Limits{PerSecond: 50_000, Burst: 50_000, UIDs: 1024}

// bucket is a token bucket: what is left of a uid's allowance, and since when it refills.
type bucket struct {
	tokens float64
	at     time.Time
}

// refilled is the bucket at a later time.
func (b bucket) refilled(l Limits, now time.Time) bucket {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.tokens+passed.Seconds()*float64(l.PerSecond), float64(l.Burst))
		b.at = now
	}
	return b
}

// allowances are the buckets of all uids. Safe for concurrent use.
type allowances struct {
	limits Limits

	mu     sync.Mutex
	uids   map[uint32]*bucket
	shared bucket // of uids that came when there were too many
}

func newAllowances(l Limits, now time.Time) *allowances {
	return &allowances{limits: l, uids: make(map[uint32]*bucket), shared: bucket{float64(l.Burst), now}}
}

// spend takes one outcome off a uid's allowance, and tells whether there was one left.
func (a *allowances) spend(uid uint32, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.bucket(uid, now)
	*b = b.refilled(a.limits, now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (a *allowances) bucket(uid uint32, now time.Time) *bucket {
	if b, ok := a.uids[uid]; ok {
		return b
	}
	if len(a.uids) >= a.limits.UIDs {
		return &a.shared
	}
	b := &bucket{float64(a.limits.Burst), now}
	a.uids[uid] = b
	return b
}

// tidy forgets uids whose allowance is whole again, so that they are as if they had never reported.
func (a *allowances) tidy(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for uid, b := range a.uids {
		if b.refilled(a.limits, now).tokens >= float64(a.limits.Burst) {
			delete(a.uids, uid)
		}
	}
}
