package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/remora-agent/remora/client"
)

// loader is the child that selects. Orders come as lines of JSON and are acknowledged; when they end, it
// prints its report.
type loader struct {
	client *client.Client

	mu     sync.Mutex
	rules  map[string]rule
	order  []string // of the services, to select from in turn
	report loadReport
	times  []time.Duration
}

// rule is an order in force.
type rule struct {
	order
	deadFrom time.Time
}

// selectAsTold is the whole life of the child.
func selectAsTold() {
	l := &loader{client: client.New(os.Getenv("REMORA_SOCKET")), rules: make(map[string]rule)}
	ctx, cancel := context.WithCancel(context.Background())
	var selecting sync.WaitGroup
	selecting.Go(func() { l.selectUntil(ctx, loadRate()) })
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		l.obey(o)
		fmt.Println("ok")
	}
	cancel()
	selecting.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(l.sum())
}

func (l *loader) obey(o order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.rules[o.Service]; !known {
		l.order = append(l.order, o.Service)
	}
	l.rules[o.Service] = rule{order: o, deadFrom: time.Now().Add(o.Grace)}
}

// selectUntil keeps to the rate over time: what it could not do while a select hung, it does after that,
// up to a second's worth.
func (l *loader) selectUntil(ctx context.Context, rate float64) {
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		now := time.Now()
		due = min(due+now.Sub(last).Seconds()*rate, rate)
		for last = now; due >= 1 && ctx.Err() == nil; due-- {
			l.selectNext(ctx)
		}
	}
}

// selectNext selects from the service whose turn it is.
func (l *loader) selectNext(ctx context.Context) {
	l.mu.Lock()
	if len(l.order) == 0 {
		l.mu.Unlock()
		return
	}
	service := l.order[0]
	l.order = append(l.order[1:], service)
	before := l.rules[service]
	l.mu.Unlock()
	began := time.Now()
	s, err := l.client.Select(ctx, service)
	if ctx.Err() != nil {
		return
	}
	l.judge(before, began, s.Address, err)
}

// judge counts an answer. What was ordered while it was on its way counts in its favour.
func (l *loader) judge(before rule, began time.Time, address string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.rules[before.Service]
	l.report.Selects++
	l.times = append(l.times, time.Since(began))
	switch {
	case err != nil && before.Require && now.Require:
		l.report.Lost++
		l.complain("select of %s: %v", before.Service, err)
	case err != nil:
	case !before.owns(address) && !now.owns(address):
		l.report.Foreign++
		l.complain("select of %s gave %s of another service", before.Service, address)
	case before.killed(address, began) && now.killed(address, began):
		l.report.Dead++
		l.complain("select of %s gave %s, dead for %v", before.Service, address, began.Sub(now.deadFrom)+now.Grace)
	}
}

func (r rule) owns(address string) bool {
	return slices.ContainsFunc(r.Belongs, func(end string) bool { return strings.HasSuffix(address, end) })
}

func (r rule) killed(address string, at time.Time) bool {
	return at.After(r.deadFrom) && slices.Contains(r.Dead, address)
}

func (l *loader) complain(format string, args ...any) {
	if len(l.report.Complaints) < 5 {
		l.report.Complaints = append(l.report.Complaints, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// sum completes the report.
func (l *loader) sum() loadReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.times)
	if n := len(l.times); n > 0 {
		l.report.P50, l.report.P99, l.report.Max = l.times[n/2], l.times[n*99/100], l.times[n-1]
	}
	return l.report
}
