package damping

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var usual = Settings{Changes: 6, Window: time.Minute, BaseHold: 10 * time.Second, MaxHold: 5 * time.Minute}

// start is any time.
var start = time.Unix(1_000_000, 0)

func TestHoldsGrowToTheLongest(t *testing.T) {
	for before, want := range map[int]time.Duration{
		0: 10 * time.Second, 1: 20 * time.Second, 2: 40 * time.Second, 4: 160 * time.Second,
		5: 5 * time.Minute, 6: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		if got := usual.hold(before); got != want {
			t.Errorf("after %d holds the next lasts %v, want %v", before, got, want)
		}
	}
	for _, s := range []Settings{{BaseHold: time.Minute, MaxHold: time.Minute}, {BaseHold: time.Minute, MaxHold: 90 * time.Second}} {
		if got := s.hold(1); got != s.MaxHold {
			t.Errorf("%+v: the second hold lasts %v, want the longest", s, got)
		}
	}
}

// TestMoreThanSixInAMinute has a row for each side of the limit.
func TestMoreThanSixInAMinute(t *testing.T) {
	tests := []struct {
		every   time.Duration
		changes int
		held    bool
	}{
		{time.Second, 6, false},
		{time.Second, 7, true},
		{time.Millisecond, 7, true},
		{9999 * time.Millisecond, 7, true},
		{10 * time.Second, 1000, false}, // the first and the seventh are a minute apart
	}
	for _, test := range tests {
		g, held := New(usual), false
		for i := range test.changes {
			_, now := g.Changed("a", 3, start.Add(time.Duration(i)*test.every))
			held = held || now
		}
		if held != test.held {
			t.Errorf("%d changes, one every %v: held %v, want %v", test.changes, test.every, held, test.held)
		}
	}
}

// flap changes the backend's state every so often until the end, and lets holds expire on time.
func flap(g *Group, from, to time.Time, every time.Duration) (begun []Hold) {
	for now := from; now.Before(to); now = now.Add(every) {
		_, renewed := g.Expire(3, now)
		begun = append(begun, renewed...)
		if h, ok := g.Changed("a", 3, now); ok {
			begun = append(begun, h)
		}
	}
	return begun
}

func TestFlappingIsHeldForLongerAndLonger(t *testing.T) {
	g := New(usual)
	begun := flap(g, start, start.Add(20*time.Minute), time.Second)
	want := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute}
	for i, h := range begun[:len(want)] {
		if h.Until.Sub(h.Since) != want[i] || h.Holds != i+1 {
			t.Errorf("hold %d lasts %v and counts as %d, want %v", i+1, h.Until.Sub(h.Since), h.Holds, want[i])
		}
		if i > 0 && h.Since != begun[i-1].Until {
			t.Errorf("hold %d begins %v after the one before", i+1, h.Since.Sub(begun[i-1].Until))
		}
	}
	if got := begun[0].Changes; got != 7 {
		t.Errorf("the first hold is for %d changes, want 7", got)
	}
}

// TestRestEndsIt: a backend that has come to rest is free at the end of its hold, needs seven changes to
// be held again, for longer, and is a stranger after the longest hold without one.
func TestRestEndsIt(t *testing.T) {
	g := New(usual)
	flap(g, start, start.Add(7*time.Second), time.Second)
	h, held := g.Of("a")
	if !held {
		t.Fatal("it is not held")
	}
	g.Changed("a", 3, h.Since.Add(time.Second)) // as it comes to rest
	if ended, renewed := g.Expire(3, h.Until.Add(-time.Nanosecond)); len(ended)+len(renewed) > 0 {
		t.Error("the hold ended early")
	}
	if ended, _ := g.Expire(3, h.Until); len(ended) != 1 || ended[0] != h {
		t.Errorf("ended: %+v, want %+v", ended, h)
	}
	again := flap(g, h.Until.Add(time.Second), h.Until.Add(8*time.Second), time.Second)
	if len(again) != 1 || again[0].Until.Sub(again[0].Since) != 20*time.Second {
		t.Fatalf("held again: %+v, want once, for 20 s", again)
	}
	g.Expire(3, again[0].Until)
	later := again[0].Until.Add(usual.MaxHold + time.Second)
	if fresh := flap(g, later, later.Add(7*time.Second), time.Second); len(fresh) != 1 || fresh[0].Holds != 1 {
		t.Errorf("held after a long rest: %+v, want as if for the first time", fresh)
	}
}

func TestWhatIsQuietIsForgotten(t *testing.T) {
	g := New(usual)
	flap(g, start, start.Add(7*time.Second), time.Second)
	g.Changed("b", 3, start)
	now := start
	for range 20 {
		next, ok := g.Next(now)
		if !ok {
			return
		}
		now = next.Add(time.Millisecond)
		g.Expire(3, now)
	}
	t.Errorf("after %v there is still something to remember", now.Sub(start))
}

func TestAtMostAThirdIsHeld(t *testing.T) {
	for members, want := range map[int]int{1: 0, 2: 0, 3: 1, 5: 1, 6: 2, 30: 10} {
		g := New(usual)
		for i := range 10 * members {
			for m := range members {
				g.Changed(fmt.Sprint(m), members, start.Add(time.Duration(i)*time.Second/10))
			}
		}
		if got := len(g.Holds()); got != want {
			t.Errorf("of %d that flap %d are held, want %d", members, got, want)
		}
	}
}

func TestAShrinkingGroupFreesThoseWhoWaitedLongest(t *testing.T) {
	g := New(usual)
	for m := range 2 {
		for i := range 7 {
			g.Changed(fmt.Sprint(m), 6, start.Add(time.Duration(m)*time.Second+time.Duration(i)*time.Millisecond))
		}
	}
	if ended := g.Fit(6); ended != nil {
		t.Errorf("with six members %+v ended", ended)
	}
	if ended := g.Fit(5); len(ended) != 1 || ended[0].Address != "0" {
		t.Errorf("with five members %+v ended, want the first", ended)
	}
	if ended := g.Fit(0); len(ended) != 1 || ended[0].Address != "1" || len(g.Holds()) != 0 {
		t.Errorf("without members %+v ended, want the second", ended)
	}
}

func TestAFloodIsBounded(t *testing.T) {
	g := New(usual)
	for i := range 2 * maxFollowed {
		for range 3 {
			g.Changed(fmt.Sprint(i), 2*maxFollowed, start)
		}
	}
	for i := range 100_000 {
		g.Changed("1", 2*maxFollowed, start.Add(time.Duration(i)*time.Microsecond))
	}
	if n := len(g.backends); n > maxFollowed {
		t.Errorf("%d are followed, want at most %d", n, maxFollowed)
	}
	if n := len(g.backends["1"].changes); n > 10 {
		t.Errorf("%d changes of one are kept", n)
	}
}

// TestWhatAlwaysHolds plays any sequence of changes and of time.
func TestWhatAlwaysHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, now := New(usual), start
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			members := rapid.IntRange(0, 9).Draw(t, "members")
			g.Fit(members)
			g.Expire(members, now)
			g.Changed(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "who"), members, now)
			holds := g.Holds()
			if len(holds) != g.held || len(holds) > members/3 {
				t.Fatalf("%d are held of %d members, and %d are counted", len(holds), members, g.held)
			}
			for _, h := range holds {
				if length := h.Until.Sub(h.Since); !now.Before(h.Until) || length < usual.BaseHold || length > usual.MaxHold {
					t.Fatalf("%+v at %v", h, now)
				}
			}
		}
	})
}
