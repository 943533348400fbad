package outlier

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

// exported has b0 ejected for the second time, on one uid's word, and b1 back after a first time.
func exported(t *testing.T) (*group, State) {
	g := newGroup(t, 20, nil)
	g.fail("b0", anna, 5)
	g.fail("b1", anna, 3)
	g.fail("b1", ben, 2)
	for range 3 {
		g.sweep()
	}
	g.fail("b0", anna, 5)
	var s State
	if err := json.Unmarshal([]byte(text(t, g.Export())), &s); err != nil {
		t.Fatal(err)
	}
	return g, s
}

func text(t *testing.T, s State) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStateOutlivesTheDetector(t *testing.T) {
	old, state := exported(t)
	g := newGroup(t, 20, nil)
	g.now = old.now.Add(time.Second)
	changes := g.Import(state, g.now)
	if len(changes) != 1 || changes[0] != old.Standing("b0") {
		t.Errorf("changes are %+v, want %+v", changes, old.Standing("b0"))
	}
	g.wantEjected("b0")
	if got, want := text(t, g.Export()), text(t, old.Export()); got != want {
		t.Errorf("exported again: %s, want %s", got, want)
	}
	if c := g.ok("b0", ben, 1); c.Cause != Contradicted {
		t.Errorf("the only accuser is forgotten: %+v", c)
	}
	if c := g.fail("b1", anna, 5); c.Until.Sub(c.Since) != 60*time.Second {
		t.Errorf("that it was ejected before is forgotten: %+v", c)
	}
}

func TestImportTakesNoMoreThanItShould(t *testing.T) {
	_, state := exported(t)
	until := state.Backends[0].Until
	tests := []struct {
		name   string
		change func(*group)
		now    time.Time
		want   time.Time // the end of b0's ejection; zero: it is in service
	}{
		{"in time", func(*group) {}, until.Add(-time.Second), until},
		{"too late", func(*group) {}, until, time.Time{}},
		{"the clock went back", func(*group) {}, until.Add(-time.Hour), until.Add(time.Minute - time.Hour)},
		{"it has left", func(g *group) { g.SetMembers([]string{"b2"}) }, until.Add(-time.Second), time.Time{}},
		{"it was heard of", func(g *group) { g.ok("b0", 1, 1) }, until.Add(-time.Second), time.Time{}},
		{"nothing may be ejected", func(g *group) {
			s := Defaults()
			s.MaxEjectionPercent = 0
			g.SetSettings(s)
		}, until.Add(-time.Second), time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, 20, nil)
			test.change(g)
			g.Import(state, test.now)
			if c := g.Standing("b0"); !c.Until.Equal(test.want) || c.Ejected != !test.want.IsZero() {
				t.Errorf("%+v, want it until %v", c, test.want)
			}
			g.ejectedNow()
		})
	}
}

func TestImportHoldsNonsense(t *testing.T) {
	g := newGroup(t, 1, nil)
	g.Import(State{Backends: []BackendState{
		{Address: "b0", Multiplier: -3, Ejected: true, Until: epoch.Add(time.Hour)},
		{Address: "b0", Multiplier: math.MaxInt, Ejected: true, Until: epoch.AddDate(900, 0, 0)},
		{Address: "b0", Multiplier: 1, Ejected: true, Until: epoch.Add(time.Hour)},
	}}, epoch)
	if c := g.Standing("b0"); !c.Ejected || c.Until.Sub(epoch) != 300*time.Second {
		t.Errorf("%+v", c)
	}
	g.wantEjected("b0")
}
