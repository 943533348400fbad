package discovery

import (
	"sync"
	"time"
)

// Bounds on what one provider may write to the log.
const (
	linesPerMinute = 10   // of watches that fail or recover: 10,000 services share one registry
	distinctLines  = 1000 // of entries dropped, for the life of the provider
)

// lineLimit lets linesPerMinute lines pass in a minute. The zero value is ready; safe to use
// concurrently.
type lineLimit struct {
	mu         sync.Mutex
	since      time.Time
	passed     int
	suppressed int
}

// pass says whether a line may be written now, and how many were held back since the last that was.
func (l *lineLimit) pass(now time.Time) (ok bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= time.Minute {
		l.since, l.passed = now, 0
	}
	if l.passed >= linesPerMinute {
		l.suppressed++
		return false, 0
	}
	l.passed++
	suppressed, l.suppressed = l.suppressed, 0
	return true, suppressed
}

// onceSet remembers what was said, up to a bound. The zero value is ready; safe to use concurrently.
type onceSet struct {
	mu   sync.Mutex
	said map[string]struct{}
}

// first says whether key is new. Past the bound nothing is.
func (o *onceSet) first(key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.said[key]; known || len(o.said) >= distinctLines {
		return false
	}
	if o.said == nil {
		o.said = make(map[string]struct{})
	}
	o.said[key] = struct{}{}
	return true
}
