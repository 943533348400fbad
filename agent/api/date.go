package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// date is the Date field of answers, made once a second. Reading the clock for each costs more.
type date struct{ now atomic.Pointer[string] }

func newDate() *date {
	d := &date{}
	d.set(time.Now())
	return d
}

func (d *date) set(now time.Time) {
	line := "Date: " + now.UTC().Format(http.TimeFormat) + "\r\n"
	d.now.Store(&line)
}

// line gives the field with the end of its line. It may be called concurrently.
func (d *date) line() string { return *d.now.Load() }

// run keeps it right until ctx ends.
func (d *date) run(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.set(now)
		}
	}
}
