package outlier

import (
	"fmt"
	"math"
	"testing"
)

// outcomes is what one backend of a table got in an interval.
type outcomes struct{ ok, failed int }

func repeat(n int, o outcomes) []outcomes {
	list := make([]outcomes, n)
	for i := range list {
		list[i] = o
	}
	return list
}

func TestSuccessRate(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*SuccessRate)
		reports []outcomes
		want    string // the reason of b0's ejection; empty: not ejected
	}{
		{"five backends", nil, append([]outcomes{{50, 50}}, repeat(4, outcomes{100, 0})...), "success rate 50% is below 52%"},
		{"four backends", func(s *SuccessRate) { s.StdevFactor = 1000 }, append([]outcomes{{50, 50}}, repeat(3, outcomes{100, 0})...), ""},
		{"the fifth has 99 requests", nil, append([]outcomes{{50, 50}, {99, 0}}, repeat(3, outcomes{100, 0})...), ""},
		{"it has 99 requests itself", nil, append([]outcomes{{49, 50}}, repeat(5, outcomes{100, 0})...), ""},
		{"one that never spoke does not hinder", nil, append([]outcomes{{50, 50}}, append(repeat(4, outcomes{100, 0}), outcomes{})...), "success rate 50% is below 52%"},
		{"all alike", nil, repeat(9, outcomes{51, 49}), ""},
		{"all fail", nil, repeat(9, outcomes{0, 100}), ""},
		{"within the spread", nil, []outcomes{{90, 10}, {92, 8}, {94, 6}, {96, 4}, {98, 2}}, ""},
		// Mean 90 and deviation 20, so with a factor of 2 the threshold is what the backend has.
		{"exactly at mean - 2 sd", func(s *SuccessRate) { s.StdevFactor = 2000 }, append([]outcomes{{50, 50}}, repeat(4, outcomes{100, 0})...), ""},
		{"a hair below", func(s *SuccessRate) { s.StdevFactor = 1999 }, append([]outcomes{{50, 50}}, repeat(4, outcomes{100, 0})...), "success rate 50% is below 50.02%"},
		{"off", func(s *SuccessRate) { s.Enabled = false }, append([]outcomes{{50, 50}}, repeat(4, outcomes{100, 0})...), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, len(test.reports), func(s *Settings) {
				onlySuccessRate(s)
				if test.change != nil {
					test.change(&s.SuccessRate)
				}
			})
			checkInterval(t, g, test.reports, test.want)
		})
	}
}

func checkInterval(t *testing.T, g *group, reports []outcomes, want string) {
	t.Helper()
	for i, r := range reports {
		g.mixed(address(i), 1, r.ok, r.failed)
	}
	g.wantEjected()
	changes := g.sweep()
	switch {
	case want == "" && len(changes) > 0:
		t.Errorf("changes are %+v", changes)
	case want != "" && (len(changes) != 1 || changes[0].Address != "b0" || changes[0].Reason != want):
		t.Errorf("changes are %+v, want b0 ejected: %s", changes, want)
	}
	if g.sweep() != nil {
		t.Error("an interval without outcomes changed something")
	}
}

// TestExactlyAtTheThreshold: with 100 of 461 that fail always, the distance from the mean is exactly
// 1.9 standard deviations, and they are not below it.
func TestExactlyAtTheThreshold(t *testing.T) {
	for _, test := range []struct {
		failing, of int
		want        int // ejected
	}{{99, 461, 99}, {100, 461, 0}, {100, 462, 100}} {
		g := newGroup(t, test.of, onlySuccessRate)
		for i := range test.of {
			r := outcomes{ok: 100}
			if i < test.failing {
				r = outcomes{failed: 100}
			}
			g.mixed(address(i), 1, r.ok, r.failed)
		}
		g.sweep()
		if got := len(g.ejectedNow()); got != test.want {
			t.Errorf("%d of %d fail, and %d are ejected, want %d", test.failing, test.of, got, test.want)
		}
	}
}

func TestThreshold(t *testing.T) {
	tests := []struct {
		rates  []float64
		factor int
		want   float64
	}{
		{[]float64{50, 100, 100, 100, 100}, 1900, 52}, // the example in Envoy's source
		{[]float64{70, 70, 70}, 1900, 70},
		{[]float64{0, 100}, 1000, 0},
		{[]float64{0, 100}, 500, 25},
	}
	for _, test := range tests {
		if got := threshold(test.rates, test.factor); math.Abs(got-test.want) > rounding {
			t.Errorf("threshold(%v, %d) = %v, want %v", test.rates, test.factor, got, test.want)
		}
	}
}

// TestEqualsAreNoOutliers, although the mean of equal numbers is, rounded, not always that number.
func TestEqualsAreNoOutliers(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for ok := range uint32(101) {
			rate := tally{ok, 101 - ok}.rate()
			rates := make([]float64, n)
			for i := range rates {
				rates[i] = rate
			}
			if below(rate, threshold(rates, minStdevFactor)) {
				t.Fatalf("%d backends with a rate of %v are outliers", n, rate)
			}
		}
	}
}

func TestFailurePercentage(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*FailurePercentage)
		reports []outcomes
		want    string
	}{
		{"at the threshold", nil, append([]outcomes{{15, 85}}, repeat(4, outcomes{50, 0})...), "failures 85 of 100"},
		{"below it", nil, append([]outcomes{{16, 84}}, repeat(4, outcomes{50, 0})...), ""},
		{"volume of 50", nil, append([]outcomes{{5, 45}}, repeat(4, outcomes{50, 0})...), "failures 45 of 50"},
		{"volume of 49", nil, append([]outcomes{{0, 49}}, repeat(5, outcomes{50, 0})...), ""},
		{"four backends with the volume", nil, append([]outcomes{{0, 50}, {49, 0}}, repeat(3, outcomes{50, 0})...), ""},
		{"one is enough if the settings say so", func(f *FailurePercentage) { f.MinimumHosts = 1 }, []outcomes{{0, 50}}, "failures 50 of 50"},
		{"off by default", func(f *FailurePercentage) { *f = Defaults().FailurePercentage }, append([]outcomes{{0, 100}}, repeat(4, outcomes{50, 0})...), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, len(test.reports), func(s *Settings) {
				onlyFailures(s)
				if test.change != nil {
					test.change(&s.FailurePercentage)
				}
			})
			checkInterval(t, g, test.reports, test.want)
		})
	}
}

// TestTheWorstGoFirst under the cap, whatever the order of members.
func TestTheWorstGoFirst(t *testing.T) {
	g := newGroup(t, 20, func(s *Settings) {
		onlyFailures(s)
		s.MaxEjectionPercent = 10
	})
	for i := range 20 {
		g.mixed(address(i), 1, i%7, 93)
	}
	g.sweep()
	g.wantEjected("b0", "b14") // with b7 those without a success; equals go by address
	if got := g.Stats().Capped; got != 18 {
		t.Errorf("%d were left in service for the cap, want 18", got)
	}
}

// TestTheEjectedAreNotCompared: they neither count in the mean nor are ejected again.
func TestTheEjectedAreNotCompared(t *testing.T) {
	g := newGroup(t, 6, func(s *Settings) {
		onlySuccessRate(s)
		s.ConsecutiveFailures = 5
	})
	g.fail("b5", 1, 5)
	for range 2 {
		g.fail("b5", 1, 200)
		for i := range 5 {
			g.mixed(address(i), 1, 90+2*i, 10-2*i)
		}
		g.sweep()
		g.wantEjected("b5")
	}
	if n := g.Stats().Ejections; n[ConsecutiveFailures] != 1 || n[LowSuccessRate] != 0 {
		t.Errorf("ejections are %v", n)
	}
}

func TestPercents(t *testing.T) {
	tests := []struct {
		a, b float64
		want string
	}{
		{62, 81.34, "62 81.3"},
		{98.96, 98.97, "98.96 98.97"},
		{0, 100, "0 100"},
		{50, 50.00001, "50 50.00001"},
		{50, 50, "50 50"},
	}
	for _, test := range tests {
		if a, b := percents(test.a, test.b); fmt.Sprint(a, " ", b) != test.want {
			t.Errorf("percents(%v, %v) = %s %s, want %s", test.a, test.b, a, b, test.want)
		}
	}
}
