package health

import (
	"slices"
	"testing"
)

// TestStreaksSurvive has a failed target need as many successes after a restart as before it.
func TestStreaksSurvive(t *testing.T) {
	target := Target{Address: "a:1", Healthy: 3, Unhealthy: 2, Check: Check{Type: "tcp"}}
	before := New(Options{})
	before.SetTargets("web", []Target{target, {Address: "b:1", Check: target.Check}})
	before.Override("web", "a:1", false)
	memories := before.Remember("web")
	if want := []Memory{{Address: "a:1", Verdict: Failed, Failed: 1}}; !slices.Equal(memories, want) {
		t.Fatalf("it remembers %+v, want %+v", memories, want)
	}

	after := New(Options{})
	after.SetTargets("web", []Target{target, {Address: "b:1", Check: target.Check}})
	after.Override("web", "b:1", true)
	after.Recall("web", append(memories,
		Memory{Address: "b:1", Verdict: Failed, Failed: 9}, // something newer is known of it
		Memory{Address: "gone:1", Verdict: Failed},
		Memory{Address: "a:1", Verdict: 77},
	))
	after.Recall("nobody", memories)
	if got := after.services["web"]["a:1"].streak; got != (streak{verdict: Failed, failed: 1}) {
		t.Errorf("the streak is %+v", got)
	}
	if got := after.services["web"]["b:1"].streak; got.verdict != OK {
		t.Errorf("what was known was replaced: %+v", got)
	}
	m := after.services["web"]["a:1"]
	for n, want := range []Verdict{Failed, Failed, OK} {
		if m.streak = m.streak.next(true, m.rise, m.fall); m.streak.verdict != want {
			t.Errorf("after %d successes the verdict is %v, want %v", n+1, m.streak.verdict, want)
		}
	}
}
