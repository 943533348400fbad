package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/remora-agent/remora/balancer"
)

// TestConclusions is the program in small: one seed, and the scenarios that matter most.
func TestConclusions(t *testing.T) {
	scenarios, err := choose([]string{"slow", "slow-apart", "failing"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := simulate(scenarios, seeds[:1])
	if err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	if err := found.writeText(&report, scenarios); err != nil {
		t.Fatal(err)
	}
	if err := found.writeClaims(&report); err != nil {
		t.Errorf("%v\n%s", err, &report)
	}
	if n := strings.Count(report.String(), "holds: "); n < 4 {
		t.Errorf("%d claims were checked, want 4 or more:\n%s", n, &report)
	}
}

// TestEveryScenarioRuns sends some requests through each scenario and strategy, and through the end of
// its script.
func TestEveryScenarioRuns(t *testing.T) {
	for _, s := range all {
		thin := *s
		thin.load /= 20
		found, err := simulate([]*scenario{&thin}, seeds[:1])
		if err != nil {
			t.Fatal(err)
		}
		for strategy, runs := range found[s.name] {
			if m := runs[0]; m.p50 <= 0 || m.p99 < m.p50 || m.spread < 1 {
				t.Errorf("%s with %s: %+v", s.name, strategy, m)
			}
		}
	}
}

// TestSeedsFixTheTraffic runs twice what draws nothing of its own.
func TestSeedsFixTheTraffic(t *testing.T) {
	measure := func(seed uint64) measures {
		w, err := newWorld(all[0], balancer.RoundRobin, seed)
		if err != nil {
			t.Fatal(err)
		}
		return w.run()
	}
	if a, b := measure(1), measure(1); a != b {
		t.Errorf("the same seed gives %+v and %+v", a, b)
	}
	if a, b := measure(1), measure(2); a == b {
		t.Errorf("two seeds give the same: %+v", a)
	}
}

// TestDocumentation holds simulation.md to the claims that are checked and to the scenarios there are.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(strings.ReplaceAll(string(page), "`", "")), " ")
	for _, c := range claims {
		if !strings.Contains(words, "- "+c.text) {
			t.Errorf("the documentation does not say: %s", c.text)
		}
	}
	var titles []string
	for line := range strings.Lines(string(page)) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			titles = append(titles, strings.TrimSpace(title))
		}
	}
	want := make([]string, len(all))
	for i, s := range all {
		want[i] = s.title
	}
	if !slices.Equal(titles, want) {
		t.Errorf("the tables are of %q, want %q", titles, want)
	}
}

func TestClaimsNameScenarios(t *testing.T) {
	for _, c := range claims {
		if _, err := choose(c.about); err != nil || len(c.about) == 0 {
			t.Errorf("claim %q is about %q: %v", c.text, c.about, err)
		}
	}
}

func TestAClaimThatDoesNotHoldFails(t *testing.T) {
	found := results{"failing": {}}
	for _, strategy := range balancer.Strategies() {
		found["failing"][strategy] = []measures{{errors: 10}}
	}
	err := found.writeClaims(&strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "It does not attract peak_ewma") {
		t.Errorf("equal errors for all: %v, want the claim about peak_ewma", err)
	}
}

func TestArguments(t *testing.T) {
	tests := []struct {
		scenarios []string
		docs      string
		want      string
	}{
		{[]string{"slow", "slwo", "hlaf"}, "", `unknown scenario "hlaf"`},
		{[]string{"slow"}, "docs", "-docs takes the results of all"},
	}
	for _, test := range tests {
		err := run(&strings.Builder{}, test.scenarios, test.docs)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("run %q with docs %q: %v, want %q", test.scenarios, test.docs, err, test.want)
		}
	}
}
