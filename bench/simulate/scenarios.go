package main

import (
	"time"

	"github.com/remora-agent/remora/balancer"
)

// scenario is what servers, clients and agents there are, and what happens to them.
type scenario struct {
	name    string // for the command line
	title   string
	servers int
	zones   int // that servers and agents are spread over evenly; 0: nobody says
	agents  int
	clients int
	load    float64 // traffic, as a part of what all servers can do when they are well

	popular     bool // keys are unequally popular
	outliers    bool // outliers are ejected, by the default settings
	tiers       bool // servers of other zones are a second tier
	preferLocal bool
	slowStart   time.Duration // for the strategies that have it

	only     func(balancer.Strategy) bool // the strategies it is for; nil: all
	measured time.Duration
	script   func(*world)
}

// all is every scenario, in the order of the documentation.
var all = []*scenario{
	base("equal", "Equal servers", nil),
	apart("equal-apart", "Equal servers, 5 clients apart", nil),
	{
		name: "popular", title: "Equal servers, popular keys",
		servers: 10, agents: 1, clients: together, load: loaded, measured: steady,
		popular: true, only: balancer.Strategy.Hashes,
	},
	base("slow", "One of ten is ten times slower", oneSlow),
	apart("slow-apart", "One of ten is ten times slower, 5 clients apart", oneSlow),
	{
		name: "half", title: "A quarter at half speed",
		servers: 12, agents: 1, clients: together, load: light, measured: steady,
		script: quarterAtHalfSpeed,
	},
	base("failing", "One of ten fails fast", oneFails),
	withOutliers(base("failing-outlier", "One of ten fails fast, outlier detection", oneFails)),
	withOutliers(apart("failing-apart", "One of ten fails fast, outlier detection, 5 clients apart", oneFails)),
	{
		name: "restart", title: "Rolling restart, unannounced",
		servers: 10, agents: 1, clients: together, load: busyFleet, measured: 45 * time.Second,
		script: rollingRestart(false),
	},
	{
		name: "restart-drained", title: "Rolling restart, drained, slow start",
		servers: 10, agents: 1, clients: together, load: busyFleet, measured: 45 * time.Second,
		slowStart: slowStart, script: rollingRestart(true),
	},
	zoneLoss("zone", "One of three zones is lost", func(*scenario) {}),
	zoneLoss("zone-local", "One of three zones is lost, prefer_local", func(s *scenario) {
		s.preferLocal = true
		s.only = func(strategy balancer.Strategy) bool { return !strategy.Hashes() }
	}),
	zoneLoss("zone-tiers", "One of three zones is lost, priority", func(s *scenario) { s.tiers = true }),
}

// base is ten servers and five clients that share an agent.
func base(name, title string, script func(*world)) *scenario {
	return &scenario{
		name: name, title: title, servers: 10, agents: 1, clients: together,
		load: loaded, measured: steady, script: script,
	}
}

// apart is base with an agent for each client, so that none learns from the others.
func apart(name, title string, script func(*world)) *scenario {
	s := base(name, title, script)
	s.agents = together
	return s
}

func withOutliers(s *scenario) *scenario {
	s.outliers = true
	return s
}

// zoneLoss is three zones with four servers, an agent and two clients each.
func zoneLoss(name, title string, change func(*scenario)) *scenario {
	s := &scenario{
		name: name, title: title, servers: 12, zones: 3, agents: 3, clients: 6,
		load: halfLoad, measured: steady, script: zoneLost,
	}
	change(s)
	return s
}

// settings are those of an agent in that zone.
func (s *scenario) settings(strategy balancer.Strategy, zone string) balancer.Settings {
	settings := balancer.Settings{Strategy: strategy}
	if s.preferLocal {
		settings.Locality = balancer.Locality{Prefer: true, Zone: zone}
	}
	if !strategy.Hashes() {
		settings.SlowStart.Window = s.slowStart
	}
	return settings
}

// zoneOf is the zone of the i-th server or agent.
func (s *scenario) zoneOf(i int) string {
	if s.zones == 0 {
		return ""
	}
	return string(rune('a' + i%s.zones))
}

// strategies are those that the scenario is for.
func (s *scenario) strategies() []balancer.Strategy {
	var list []balancer.Strategy
	for _, strategy := range balancer.Strategies() {
		if s.only == nil || s.only(strategy) {
			list = append(list, strategy)
		}
	}
	return list
}
