package balancer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// weighted returns a load balancer with the service "s" and backends a, b, c, … of those weights.
func weighted(t testing.TB, strategy Strategy, weights ...int) *LoadBalancer {
	t.Helper()
	lb := New()
	settings := Settings{Strategy: strategy, Hash: Hash{RandomFallback: true}}
	if err := lb.RegisterWith("s", weightedEndpoints(weights...), settings); err != nil {
		t.Fatal(err)
	}
	return lb
}

func weightedEndpoints(weights ...int) []Endpoint {
	endpoints := make([]Endpoint, len(weights))
	for i, w := range weights {
		endpoints[i] = Endpoint{Address: letter(i), Weight: w}
		if w == 0 {
			endpoints[i].Weight = Weightless
		}
	}
	return endpoints
}

func letter(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return fmt.Sprintf("n%d", i)
}

func sequence(t testing.TB, lb *LoadBalancer, n int) string {
	t.Helper()
	var b strings.Builder
	for range n {
		backend, err := lb.Select("s")
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(backend.Address())
	}
	return b.String()
}

func TestRoundRobinOrder(t *testing.T) {
	tests := []struct {
		name    string
		weights []int
		want    string // two cycles
	}{
		{"equal weights rotate", []int{1, 1, 1}, "abcabc"},
		{"equal weights above one rotate", []int{7, 7, 7}, "abcabc"},
		{"nginx's own example", []int{5, 1, 1}, "aabacaaaabacaa"},
		{"a common divisor does not matter", []int{50, 10, 10}, "aabacaaaabacaa"},
		{"weight 0 is never picked", []int{0, 1, 0, 1}, "bdbd"},
		{"one backend", []int{9}, "aa"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lb := weighted(t, RoundRobin, test.weights...)
			if got := sequence(t, lb, len(test.want)); got != test.want {
				t.Errorf("picked %s, want %s", got, test.want)
			}
		})
	}
}

// nginxCycle is smooth weighted round robin as nginx writes it, one comparison a member.
func nginxCycle(weights []uint32) []uint16 {
	total, current := int64(0), make([]int64, len(weights))
	for _, w := range weights {
		total += int64(w)
	}
	cycle := make([]uint16, total)
	for t := range cycle {
		best := 0
		for i, w := range weights {
			current[i] += int64(w)
			if current[i] > current[best] {
				best = i
			}
		}
		current[best] -= total
		cycle[t] = uint16(best)
	}
	return cycle
}

func TestSmoothCycleIsNginxs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint32Range(1, 40), 1, 30).Draw(t, "weights")
		total := 0
		for _, w := range weights {
			total += int(w)
		}
		if got, want := smoothCycle(weights, total), nginxCycle(weights); !slices.Equal(got, want) {
			t.Fatalf("weights %v:\n got %v\nwant %v", weights, got, want)
		}
	})
}

func TestSmoothCycleRefusesWhatIsTooLong(t *testing.T) {
	weights := make([]uint32, 300)
	total := 0
	for i := range weights {
		weights[i] = uint32(i + 1)
		total += i + 1
	}
	if smoothCycle(weights, total) != nil {
		t.Errorf("a cycle of %d slots with %d distinct weights was written out", total, len(weights))
	}
}

func TestStrideIsExactOverACycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint32Range(1, 300), 1, 40).Draw(t, "weights")
		members, total := make([]uint32, len(weights)), uint64(0)
		for i, w := range weights {
			members[i] = uint32(i)
			total += uint64(w)
		}
		s := newStride(members, weights, total)
		start := rapid.Uint64Range(0, 1<<40).Draw(t, "start")
		counts := make([]uint32, len(weights))
		for i := range total {
			counts[s.pick(start+i)]++
		}
		if !slices.Equal(counts, weights) {
			t.Fatalf("weights %v were picked %v times", weights, counts)
		}
	})
}

func TestStrideHoldsTheLargestGroup(t *testing.T) {
	weights := make([]int, 70_000)
	for i := range weights {
		weights[i] = MaxWeight - i%2
	}
	lb := weighted(t, RoundRobin, weights...)
	if _, ok := lb.groups.get("s").view.Load().pools[0].picker.(*stride); !ok {
		t.Fatal("a cycle of billions of slots is not a stride")
	}
	seen := make(map[string]bool)
	for range len(weights) {
		b, err := lb.Select("s")
		if err != nil {
			t.Fatal(err)
		}
		seen[b.Address()] = true
	}
	// Random picks would meet 63% of them, points at a golden distance meet 77%.
	if len(seen) < len(weights)*3/4 {
		t.Errorf("%d picks met only %d of as many backends", len(weights), len(seen))
	}
}

func TestStrideSpreadsPicks(t *testing.T) {
	// With weights 1 and 9, ten picks in a row hold the light one once, or twice at the seam.
	s := newStride([]uint32{0, 1}, []uint32{10_000, 90_000}, 100_000)
	for start := range uint64(1000) {
		light := 0
		for i := range uint64(10) {
			if s.pick(start+i) == 0 {
				light++
			}
		}
		if light > 2 {
			t.Fatalf("ten picks from %d on hold the light member %d times", start, light)
		}
	}
}

func TestDeadBackendsShareGoesToAllOthers(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1, 1, 1, 1)
	if err := lb.MarkHealth("s", "b", false); err != nil {
		t.Fatal(err)
	}
	counts := tally(t, lb, 400)
	for _, address := range []string{"a", "c", "d", "e"} {
		if counts[address] != 100 {
			t.Errorf("%s was picked %d times of 400, want 100: %v", address, counts[address], counts)
		}
	}
}

func tally(t testing.TB, lb *LoadBalancer, n int) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for range n {
		b, err := lb.Select("s")
		if err != nil {
			t.Fatal(err)
		}
		counts[b.Address()]++
	}
	return counts
}

func TestUpdatesDoNotRestartTheRotation(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1, 1)
	counts := make(map[string]int)
	for i := range 300 {
		must(t, add(Endpoint{Address: "a", ID: fmt.Sprint(i)})(lb))
		b, err := lb.Select("s")
		if err != nil {
			t.Fatal(err)
		}
		counts[b.Address()]++
	}
	if counts["a"] != 100 || counts["b"] != 100 || counts["c"] != 100 {
		t.Errorf("an update before each pick gave %v, want 100 each", counts)
	}
}
