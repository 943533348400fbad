package consul

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucket(t *testing.T) {
	b := bucket{burst: 2, interval: 15 * time.Second}
	at := time.Unix(1_000_000, 0)
	for i, step := range []struct{ after, wait time.Duration }{
		{0, 0},
		{0, 0},
		{0, 15 * time.Second},
		{15 * time.Second, 15 * time.Second},
		{time.Hour, 0},
		{0, 0},
		{10 * time.Second, 5 * time.Second},
	} {
		at = at.Add(step.after)
		if got := b.take(at); got != step.wait {
			t.Errorf("step %d: wait %v, want %v", i, got, step.wait)
		}
	}
}

// TestBucketBoundsTheRate has somebody come again as soon as allowed, whatever else it does meanwhile.
func TestBucketBoundsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := bucket{burst: rapid.IntRange(1, 10).Draw(t, "burst"), interval: time.Second}
		began := time.Unix(1_000_000, 0)
		at, events := began, 0
		for range 100 {
			at = at.Add(b.take(at)).Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond)
			events++
			if most := b.burst + 1 + int(at.Sub(began)/b.interval); events > most {
				t.Fatalf("%d events in %v, want at most %d", events, at.Sub(began), most)
			}
		}
	})
}

func TestPace(t *testing.T) {
	var p pace
	for i, step := range []struct{ lasted, pause time.Duration }{
		{0, 0},
		{0, 0},
		{0, time.Second},
		{0, 2 * time.Second},
		{0, 4 * time.Second},
		{0, 8 * time.Second},
		{0, 16 * time.Second},
		{0, 16 * time.Second},
		{20 * time.Second, 0},
		{20 * time.Second, 0},
		{time.Second, 4 * time.Second},
		{8 * time.Second, 0},
		{time.Second, 4 * time.Second},
	} {
		if got := p.next(step.lasted, 16*time.Second); got != step.pause {
			t.Errorf("step %d: pause %v, want %v", i, got, step.pause)
		}
	}
}

// TestPaceFollowsWhatIsRare has something happen every five seconds, which is no reason to be late for
// long.
func TestPaceFollowsWhatIsRare(t *testing.T) {
	var p pace
	for range 100 {
		if pause := p.next(5*time.Second, 16*time.Second); pause > 0 {
			t.Fatalf("paused for %v", pause)
		}
	}
}

func TestTurnWait(t *testing.T) {
	const wait, turn = time.Minute, 10 * time.Second
	for _, test := range []struct {
		askers, room int
		want         time.Duration
	}{
		{0, 150, wait},
		{150, 150, wait},
		{151, 150, turn},
		{300, 150, turn},
		{450, 150, 5 * time.Second},
		{1050, 150, time.Second + 2*time.Second/3},
		{100_000, 150, time.Second},
	} {
		got := turnWait(test.askers, test.room, wait, turn)
		if (got - test.want).Abs() > time.Millisecond {
			t.Errorf("%d askers with room for %d wait for %v, want %v", test.askers, test.room, got, test.want)
		}
	}
}

func TestWorst(t *testing.T) {
	w := worst{span: time.Minute}
	at := time.Unix(1_000_000, 0)
	for i, step := range []struct {
		after      time.Duration
		show, want time.Duration
	}{
		{0, 3, 3}, {30 * time.Second, 1, 3}, {31 * time.Second, 2, 3}, {time.Minute, 1, 2}, {5 * time.Minute, 0, 0},
	} {
		at = at.Add(step.after)
		w.show(at, step.show)
		if got := w.read(at); got != step.want {
			t.Errorf("step %d: the worst is %v, want %v", i, got, step.want)
		}
	}
}
