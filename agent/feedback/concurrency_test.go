package feedback

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/remora-agent/remora/balancer/outlier"
)

// TestVerdictsEndUpTrue: whatever happens at once, when all is quiet each backend that is there has the
// verdict that its detector stands by.
func TestVerdictsEndUpTrue(t *testing.T) {
	f, v := newFeedback(Options{})
	defer run(t, f)()
	all := settings(func(s *outlier.Settings) {
		s.MaxEjectionPercent = 100
		s.ConsecutiveFailures = 2
		s.ActiveUnejects = true
	})
	f.SetService("web", []string{"a", "b"}, all)
	addresses := []string{"a", "b"}
	var workers sync.WaitGroup
	for uid := range uint32(3) {
		workers.Go(func() {
			for range 3000 {
				address := addresses[rand.IntN(2)]
				f.Record(outcome("web", address, uid, rand.IntN(4) == 0))
				f.OnActive("web", address, rand.IntN(4) == 0)
			}
		})
	}
	workers.Go(func() { // the one who changes services
		for i := range 3000 {
			switch i % 10 {
			case 0:
				v.remove("web", "b")
				f.SetService("web", addresses[:1], all)
			case 1:
				v.put("web", "b")
				f.SetService("web", addresses, all)
			case 2:
				f.SetService("web", addresses, nil)
			case 3:
				f.SetService("web", addresses, all)
			case 4:
				f.Stats()
				f.Export()
			}
		}
	})
	workers.Wait()
	for _, a := range addresses {
		if got, want := v.out("web", a), f.Standing("web", a).Ejected; got != want {
			t.Errorf("%s is out: %v; its detector says %v", a, got, want)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	f, _ := newFeedback(Options{Limits: Limits{PerSecond: 1 << 40, Burst: 1 << 40, UIDs: 8}})
	success, failure := true, false
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		o := Outcome{Service: "web", Address: "a", UID: 1}
		for i := 0; pb.Next(); i++ {
			if o.Success = &success; i&3 == 0 {
				o.Success = &failure
			}
			f.Record(o)
		}
	})
}
