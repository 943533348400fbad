package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
)

const slowDefaults = "defaults {\n slow_start {\n  duration = \"30s\"\n }\n}\n"

func TestPolicyFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		src     string
		line    int
		summary string
		detail  string // what it must hold
	}{
		{"panic threshold", inWeb("panic_threshold = 130"), 3, "panic_threshold can't be 130", "a whole number from 0 to 100"},
		{"panic threshold of defaults", "defaults {\n panic_threshold = -1\n}", 2, "panic_threshold can't be -1", "from 0 to 100"},
		{"hash fallback", inWeb(`hash_fallback = "rand"`), 3, `hash_fallback can't be "rand"`, `Did you mean "random"? Allowed: none, random.`},
		{"slow start", inWeb("slow_start {\n duration = \"-1s\"\n}"), 4, `slow_start.duration can't be "-1s"`, "from 0s to 1h"},
		{"aggression", inWeb("slow_start {\n aggression = 0\n}"), 4, "slow_start.aggression can't be 0", "a number from 0.01 to 100"},
		{"minimum of slow start", inWeb("slow_start {\n min_percent = 101\n}"), 4, "slow_start.min_percent can't be 101", "from 1 to 100"},
		{"bias", inWeb("locality {\n local_bias = -0.5\n}"), 4, "locality.local_bias can't be -0.5", "a number from 0.01 to 100"},
		{"bias infinite", inWeb("locality {\n local_bias = 1 / 0\n}"), 4, "locality.local_bias can't be +Inf", "from 0.01 to 100"},
		{"bias not a number", inWeb("locality {\n local_bias = \"NaN\"\n}"), 4, `locality.local_bias can't be "NaN"`, "from 0.01 to 100"},
		{"zone in the wrong block", inWeb("locality {\n zone = \"a\"\n}"), 4, "Unsupported argument", "Allowed here: prefer_local, local_bias."},
		{"subset", inWeb("subset {\n size = -1\n}"), 4, "subset.size can't be -1", "from 0 to 1048576"},
		{"no such way to take it", inWeb(`on_empty = "held"`), 3, `on_empty can't be "held"`, `Did you mean "hold"? Allowed: hold, accept.`},
		{"more flaps than are counted", inWeb("flap_damping {\n changes = 1001\n}"), 4, `flap_damping.changes can't be 1001`, "from 0 to 1000"},
		{"a first hold above the longest", inWeb("flap_damping {\n base_hold = \"10m\"\n}"), 4, `base_hold 10m of flap_damping of service "web" is above its max_hold 5m`, "no more than max_hold"},
		{"held for too long", inWeb(`hold_down = "25h"`), 3, `hold_down can't be "25h"`, "from 0s to 24h"},
		{"ring too large", inWeb("ring_hash {\n max_size = 8388609\n}"), 4, "ring_hash.max_size can't be 8388609", "from 1 to 8388608"},
		{"ring upside down", inWeb("ring_hash {\n min_size = 4096\n max_size = 1024\n}"), 4, `min_size 4096 of ring_hash of service "web" is above its max_size 1024`, "Allowed: a whole number from 1 to 8388608, and no more than max_size."},
		{"ring below its default", inWeb("ring_hash {\n max_size = 1000\n}"), 4, `min_size 1024 of ring_hash of service "web" is above its max_size 1000`, "from defaults"},
		{"decay", inWeb("peak_ewma {\n decay = \"0s\"\n}"), 4, `peak_ewma.decay can't be "0s"`, "from 100ms to 1h"},
		{"block twice", inWeb("subset {}\nsubset {}"), 4, `subset of service "web" is defined a second time`, "test.hcl:3"},
		{"block of a typo", inWeb("slow_strat {}"), 3, "Unsupported block type", `Did you mean "slow_start"?`},

		{"slow start and keys", inWeb("strategy = \"maglev\"\nslow_start {\n duration = \"30s\"\n}"), 4, `service "web" can't have slow_start with strategy "maglev"`, `slow_start { duration = "0s" }`},
		{"locality and keys", inWeb("strategy = \"ketama\"\nlocality {\n prefer_local = true\n}"), 4, `service "web" can't have locality with strategy "ketama"`, "keys would move with the health of zones"},
		{"subset and keys", inWeb("strategy = \"rendezvous\"\nsubset {\n size = 20\n}"), 4, `service "web" can't have subset with strategy "rendezvous"`, "agents would not agree"},
		{"keys over inherited slow start", slowDefaults + inWeb(`strategy = "ring_hash"`), 8, `service "web" can't have slow_start with strategy "ring_hash"`, "Allowed: another strategy"},
		{"slow start over inherited keys", "defaults {\n strategy = \"ring_hash\"\n}\n" + inWeb("slow_start {\n duration = \"1s\"\n}"), 6, `service "web" can't have slow_start with strategy "ring_hash"`, "keys would move"},
		{"both in defaults", "defaults {\n strategy = \"ring_hash\"\n subset {\n  size = 1\n }\n}\n" + inWeb(""), 3, `defaults can't have subset with strategy "ring_hash"`, "size = 0"},

		{"interval", inWeb("outlier_detection {\n interval = \"99ms\"\n}"), 4, `interval can't be "99ms"`, "from 100ms to 1h"},
		{"ejecting all", inWeb("outlier_detection {\n max_ejection_percent = 101\n}"), 4, "max_ejection_percent can't be 101", "from 0 to 100"},
		{"deviation", inWeb("outlier_detection {\n success_rate_stdev_factor = 1.9\n}"), 4, "success_rate_stdev_factor can't be 1.9", "from 100 to 10000"},
		{"ejection upside down", inWeb("outlier_detection {\n base_ejection_time = \"301s\"\n}"), 4, `base_ejection_time 5m1s of outlier_detection of service "web" is above its max_ejection_time 5m`, "from 100ms to 1h, such as"},
		{"detection twice", inWeb("outlier_detection {}\noutlier_detection {}"), 4, `outlier_detection of service "web" is defined a second time`, "test.hcl:3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := anywhere.Parse("test.hcl", []byte(tt.src))
			faults := refused(t, c, err)
			f := faults[0]
			if len(faults) != 1 || f.Line != tt.line || f.Summary != tt.summary || !strings.Contains(f.Detail, tt.detail) {
				t.Errorf("got:\n%v\nwant %q on line %d, and in it %q", err, tt.summary, tt.line, tt.detail)
			}
			checkPlace(t, f, tt.src)
		})
	}
}

// All that can't go with keys is named at once.
func TestAllPairsAtOnce(t *testing.T) {
	c, err := Parse("test.hcl", []byte(inWeb("slow_start {\n duration = \"1s\"\n}\nsubset {\n size = 1\n}\nlocality {\n prefer_local = true\n}\nstrategy = \"ketama\"")))
	if faults := refused(t, c, err); len(faults) != 3 {
		t.Errorf("got %d faults, want 3:\n%v", len(faults), err)
	}
}

func TestPoliciesAreInherited(t *testing.T) {
	c := valid(t, `
defaults {
  strategy        = "p2c"
  panic_threshold = 50
  slow_start {
    duration = "30s"
  }
  subset {
    size = 20
  }
  outlier_detection {
    interval = "5s"
  }
}
service "as-it-is" {
  backend "a:1" {}
}
service "by-key" {
  strategy = "maglev"
  slow_start {
    duration = "0s"
  }
  subset {
    size = 0
  }
  outlier_detection {
    enabled = false
  }
  backend "a:1" {}
}
service "slower" {
  slow_start {
    aggression = 2
  }
  outlier_detection {
    consecutive_failures = 9
  }
  backend "a:1" {}
}
`)
	slow := SlowStart{Duration: 30 * time.Second, Aggression: 1, MinPercent: 10}
	slower := slow
	slower.Aggression = 2
	detected := outlier.Defaults()
	detected.Interval = 5 * time.Second
	stubborn := detected
	stubborn.ConsecutiveFailures = 9
	for i, want := range []Service{
		{Balance: Balance{Strategy: "p2c", PanicThreshold: 50, OnEmpty: EmptyHold, HoldDown: time.Minute, FlapDamping: usualDamping, SlowStart: slow, Subset: Subset{20}}, Outliers: &detected},
		{Balance: Balance{Strategy: "maglev", PanicThreshold: 50, OnEmpty: EmptyHold, HoldDown: time.Minute, FlapDamping: usualDamping, HashFallback: FallbackNone}},
		{Balance: Balance{Strategy: "p2c", PanicThreshold: 50, OnEmpty: EmptyHold, HoldDown: time.Minute, FlapDamping: usualDamping, SlowStart: slower, Subset: Subset{20}}, Outliers: &stubborn},
	} {
		got := c.Services[i]
		if got.Balance != want.Balance || !reflect.DeepEqual(got.Outliers, want.Outliers) {
			t.Errorf("service %q has %+v and %+v, want %+v and %+v", got.Name, got.Balance, got.Outliers, want.Balance, want.Outliers)
		}
	}
	checkPolicies(t, c)
	checkRoundTrip(t, c)
}

func TestOutlierDetectionIsOffUnlessThere(t *testing.T) {
	off := "defaults {\n outlier_detection {\n  enabled = false\n  interval = \"1s\"\n }\n}\n"
	for _, tt := range []struct {
		name, src string
		want      time.Duration // 0: off
	}{
		{"nowhere", inWeb(""), 0},
		{"there", inWeb("outlier_detection {}"), 10 * time.Second},
		{"off in defaults", off + inWeb(""), 0},
		{"off in defaults and there", off + inWeb("outlier_detection {}"), time.Second},
		{"off there", inWeb("outlier_detection {\n enabled = false\n}"), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := valid(t, tt.src).Services[0].Outliers
			if (got != nil) != (tt.want > 0) || got != nil && got.Interval != tt.want {
				t.Errorf("got %+v, want an interval of %v", got, tt.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	c := valid(t, strings.Replace(literally, "agent-7", "me", 1))
	for _, tt := range []struct {
		service int
		want    balancer.Settings
	}{
		{2, balancer.Settings{
			Strategy: "peak_ewma", PanicThreshold: 40,
			Locality:  balancer.Locality{Prefer: true, Zone: c.Locality.Zone, Bias: 0.8},
			SlowStart: balancer.SlowStart{Window: 30 * time.Second, Aggression: 1.5, MinPercent: 20},
			Subset:    balancer.Subset{Size: 20, Seed: "me"},
			EWMA:      balancer.EWMA{Decay: 20 * time.Second, FailurePenalty: 2 * time.Second},
		}},
		{3, balancer.Settings{
			Strategy: "ring_hash",
			Hash:     balancer.Hash{MinRing: 2048, MaxRing: 4096, RandomFallback: true},
		}},
	} {
		if got := c.Settings(c.Services[tt.service].Balance); got != tt.want {
			t.Errorf("got %+v, want %+v", got, tt.want)
		}
	}
}

func TestAgentsDifferByHost(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c := valid(t, inWeb("subset {\n size = 1\n}"))
	if got := c.Settings(c.Services[0].Balance).Subset.Seed; got != name {
		t.Errorf("the seed is %q, want the name of the host, %q", got, name)
	}
}

// A service of the API names a strategy and takes over the rest, as far as that goes with it.
func TestFor(t *testing.T) {
	c := valid(t, "defaults {\n ring_hash {\n  min_size = 7\n }\n panic_threshold = 9\n}\n")
	d := c.Defaults.Balance
	d.SlowStart.Duration, d.Locality.PreferLocal, d.Subset.Size = time.Second, true, 3
	for _, strategy := range balancer.Strategies() {
		s := c.Settings(d.For(string(strategy)))
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
		if s.Strategy != strategy || s.PanicThreshold != 9 {
			t.Errorf("%s: got %+v", strategy, s)
		}
		if grows := s.SlowStart.Window > 0; grows == strategy.Hashes() {
			t.Errorf("%s: slow start is on: %v", strategy, grows)
		}
	}
	if got := d.For("ring_hash").RingHash; got.MinSize != 7 {
		t.Errorf("the ring is %+v, want the size of defaults", got)
	}
}

// checkPolicies holds a configuration to what those who use it take.
func checkPolicies(t *testing.T, c *Config) {
	t.Helper()
	check := func(name string, b Balance, o *outlier.Settings) {
		if err := c.Settings(b).Check(); err != nil {
			t.Errorf("%s: the balancer refuses %+v: %v", name, b, err)
		}
		if o == nil {
			return
		}
		if err := o.Validate(); err != nil {
			t.Errorf("%s: outlier detection refuses %+v: %v", name, o, err)
		}
	}
	check("defaults", c.Defaults.Balance, c.Defaults.Outliers)
	for _, s := range c.Services {
		check(s.Name, s.Balance, s.Outliers)
	}
}

// The ranges that faults state are those of the packages that use the values: what is at the edge is
// taken, and zero stands for the default where the balancer says so.
func TestPoliciesAtTheEdge(t *testing.T) {
	for _, body := range []string{
		"panic_threshold = 0", "panic_threshold = 100",
		"slow_start {\n duration = \"1h\"\n aggression = 0.01\n min_percent = 1\n}", "slow_start {\n duration = \"1ns\"\n aggression = 100\n min_percent = 100\n}",
		"locality {\n prefer_local = true\n local_bias = 0.01\n}", "locality {\n prefer_local = true\n local_bias = 100\n}",
		"subset {\n size = 1048576\n}",
		"strategy = \"ring_hash\"\nring_hash {\n min_size = 1\n max_size = 1\n}", "strategy = \"ring_hash\"\nring_hash {\n min_size = 8388608\n}",
		"strategy = \"peak_ewma\"\npeak_ewma {\n decay = \"100ms\"\n failure_penalty = \"1ms\"\n}", "strategy = \"peak_ewma\"\npeak_ewma {\n decay = \"1h\"\n failure_penalty = \"1h\"\n}",
	} {
		checkPolicies(t, valid(t, inWeb(body)))
	}
	for _, a := range outliers {
		low, high := edges(t, a)
		for _, value := range []string{low, high} {
			body := "outlier_detection {\n base_ejection_time = \"100ms\"\n max_ejection_time = \"24h\"\n}"
			if a.name == "base_ejection_time" || a.name == "max_ejection_time" {
				body = strings.Replace(body, a.name, "# ", 1)
			}
			body = strings.Replace(body, "{\n", fmt.Sprintf("{\n %s = %s\n", a.name, value), 1)
			checkPolicies(t, valid(t, inWeb(body)))
		}
	}
}

// edges gives the smallest and the largest value of a setting, as the rule states them.
func edges(t *testing.T, a attribute[outlierDetection]) (low, high string) {
	t.Helper()
	if a.allow.says == "" {
		return "false", "true"
	}
	_, span, found := strings.Cut(a.allow.says, " from ")
	span, _, _ = strings.Cut(span, ",")
	low, high, isRange := strings.Cut(span, " to ")
	if !found || !isRange {
		t.Fatalf("the rule of %s states no range: %s", a.name, a.allow.says)
	}
	if strings.HasPrefix(a.allow.says, "a duration") {
		return `"` + low + `"`, `"` + high + `"`
	}
	return low, high
}
