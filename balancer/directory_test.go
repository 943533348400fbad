package balancer

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestDirectoryIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lb, model := New(), make(map[string]int)
		name := rapid.StringMatching(`[a-d]{1,3}`)
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				service, n := name.Draw(t, "service"), rapid.IntRange(0, 3).Draw(t, "backends")
				if err := lb.Register(service, weightedEndpoints(slices.Repeat([]int{1}, n)...), RoundRobin); err != nil {
					t.Fatal(err)
				}
				model[service] = n
			},
			"unregister": func(t *rapid.T) {
				service := name.Draw(t, "service")
				_, there := model[service]
				if err := lb.Unregister(service); (err == nil) != there {
					t.Fatalf("unregister %q: %v, it was there: %v", service, err, there)
				}
				delete(model, service)
			},
			"": func(t *rapid.T) {
				var names []string
				for service, n := range model {
					names = append(names, service)
					if got := lb.BackendCount(service); got != n {
						t.Fatalf("service %q has %d backends, want %d", service, got, n)
					}
				}
				slices.Sort(names)
				if got := lb.ListServiceNames(); !slices.Equal(got, names) {
					t.Fatalf("services are %q, want %q", got, names)
				}
			},
		})
	})
}

// TestReadersNeverMissWhatStays looks services up while others come and go and the table is rebuilt.
func TestReadersNeverMissWhatStays(t *testing.T) {
	lb := New()
	for i := range 100 {
		must(t, lb.Register(fmt.Sprintf("stays-%d", i), weightedEndpoints(1, 1), RoundRobin))
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := lb.Select(fmt.Sprintf("stays-%d", i%100)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 20_000 {
		service := fmt.Sprintf("goes-%d", i)
		must(t, lb.Register(service, nil, RoundRobin))
		if i >= 50 {
			must(t, lb.Unregister(fmt.Sprintf("goes-%d", i-50)))
		}
		must(t, lb.Register(fmt.Sprintf("stays-%d", i%100), weightedEndpoints(1), RoundRobin))
	}
	close(stop)
	readers.Wait()
	if slots := len(lb.groups.table.Load().slots); slots > 4096 {
		t.Errorf("the table of 150 services has %d slots", slots)
	}
}
