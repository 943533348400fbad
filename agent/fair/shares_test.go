package fair

import (
	"testing"

	"pgregory.net/rapid"
)

// fill has a user take places until there are no more for that user.
func fill(s *Shares, uid uint32, privileged bool) (n int, why Verdict) {
	for {
		if why = s.Take(uid, privileged); why != Admitted {
			return n, why
		}
		n++
	}
}

func TestGreedyUsersHalveWhatIsFree(t *testing.T) {
	s := NewShares(1024, 1024)
	for uid, want := range []int{512, 256, 128, 64, 32, 0} {
		if n, _ := fill(s, uint32(1000+uid), false); n != want {
			t.Errorf("greedy user %d got %d places, want %d", uid, n, want)
		}
	}
	if n, why := fill(s, 2000, false); n != 0 || why != Full {
		t.Errorf("a user beyond got %d places and %d, want none and Full", n, why)
	}
	if n, why := fill(s, 0, true); n != 32 || why != Full {
		t.Errorf("root got %d of the places that are kept, and %d, want 32 and Full", n, why)
	}
	for range 512 {
		s.Leave(1000)
	}
	if n, why := fill(s, 1000, false); n != 256 || why != OverShare {
		t.Errorf("the first user came back and got %d and %d, want 256 and OverShare", n, why)
	}
}

func TestTheLimitOfOneUser(t *testing.T) {
	s := NewShares(1024, 100)
	for _, privileged := range []bool{false, true} {
		if n, why := fill(s, 1, privileged); n != 100 && n != 0 || why != OverShare {
			t.Errorf("privileged %v: %d places and %d", privileged, n, why)
		}
	}
	held := map[uint32]int{}
	s.Held(func(uid uint32, places int) { held[uid] = places })
	if len(held) != 1 || held[1] != 100 {
		t.Errorf("held are %v, want 100 by user 1", held)
	}
}

// Whatever users do: there is never more than there is, one who holds fewer places than are free gets
// one, and when all have left everything is free.
func TestSharesKeepTheirPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.IntRange(16, 200).Draw(t, "places")
		s := NewShares(places, rapid.IntRange(1, 200).Draw(t, "per user"))
		held, taken := map[uint32]int{}, 0
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			uid := rapid.Uint32Range(0, 5).Draw(t, "uid")
			if held[uid] > 0 && rapid.Bool().Draw(t, "leaves") {
				s.Leave(uid)
				held[uid]--
				taken--
				continue
			}
			privileged := uid == 0
			got := s.Take(uid, privileged)
			free := places - taken
			due := held[uid] < min(free, s.perUser) && (privileged || free > places/32)
			if due && got != Admitted {
				t.Fatalf("a user with %d places was refused one of %d free ones: %d", held[uid], free, got)
			}
			if got == Admitted {
				held[uid]++
				taken++
			}
			if taken > places || held[uid] > s.perUser {
				t.Fatalf("%d of %d places are taken, %d by one user", taken, places, held[uid])
			}
		}
		for uid, n := range held {
			for range n {
				s.Leave(uid)
			}
		}
		if s.taken != 0 || len(s.held) != 0 {
			t.Fatalf("after all left, %d places are taken and %v held", s.taken, s.held)
		}
	})
}
