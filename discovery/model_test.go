package discovery_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

// model says what a Catalog should have told its consumer, after random plans and events. It keeps
// one rule for each sentence of the contract and forgets nothing that it would have to remember.
type model struct {
	rig      *rig
	scripts  []*script
	plan     map[string][]int // service: indices of its sources' providers
	last     map[string]map[int][]string
	failing  map[string]map[int]bool
	leaving  map[string][]left
	has      map[string][]string // what the consumer should have
	services []string
}

// left is what a source said that was replaced, until those in its place have data.
type left struct {
	list  []string
	until []int
}

func newModel(t *testing.T) *model {
	return &model{
		rig:      newRig(t),
		scripts:  []*script{newScript(), newScript(), newScript()},
		plan:     map[string][]int{},
		last:     map[string]map[int][]string{},
		failing:  map[string]map[int]bool{},
		leaving:  map[string][]left{},
		has:      map[string][]string{},
		services: []string{"s0", "s1", "s2"},
	}
}

// replan draws new sources for every service.
func (m *model) replan(t *rapid.T) {
	plan := discovery.Plan{}
	for i, p := range m.scripts {
		plan.Providers = append(plan.Providers, discovery.ProviderPlan{Name: fmt.Sprint(i), Provider: p})
	}
	for _, service := range m.services {
		sources := rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 0, 3, rapid.ID[int]).Draw(t, "sources of "+service)
		if len(sources) > 0 {
			names := make([]string, len(sources))
			for i, p := range sources {
				names[i] = fmt.Sprint(p)
			}
			plan.Services = append(plan.Services, explicit(service, names...))
		}
		m.move(service, sources)
	}
	if err := m.rig.Configure(plan); err != nil {
		t.Fatal(err)
	}
	m.settle()
}

// move replaces the sources of a service in the model.
func (m *model) move(service string, sources []int) {
	last := m.last[service]
	if len(sources) == 0 {
		delete(m.plan, service)
		delete(m.last, service)
		delete(m.failing, service)
		delete(m.leaving, service)
		delete(m.has, service)
		return
	}
	if last == nil {
		m.last[service], m.failing[service] = map[int][]string{}, map[int]bool{}
		last = m.last[service]
	}
	var added []int
	for _, p := range sources {
		if !slices.Contains(m.plan[service], p) {
			added = append(added, p)
		}
	}
	for i, d := range m.leaving[service] {
		until := slices.Clone(added)
		for _, p := range d.until {
			if slices.Contains(sources, p) {
				until = append(until, p)
			}
		}
		m.leaving[service][i].until = until
	}
	for _, p := range m.plan[service] {
		if list, known := last[p]; !slices.Contains(sources, p) {
			if known {
				m.leaving[service] = append(m.leaving[service], left{list, added})
			}
			delete(last, p)
			delete(m.failing[service], p)
		}
	}
	for _, p := range sources {
		if list, says := m.scripts[p].known[service]; says {
			last[p] = known(list) // a new watch says at once what it knows
		}
	}
	m.plan[service] = sources
}

// known marks a list that was published, be it empty, from none.
func known(list []string) []string { return append([]string{}, list...) }

// say has one provider publish a list of one service.
func (m *model) say(t *rapid.T) {
	p := rapid.IntRange(0, 2).Draw(t, "provider")
	service := rapid.SampledFrom(m.services).Draw(t, "service")
	list := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a:1", "b:1", "c:1"}), 0, 3, rapid.ID[string]).Draw(t, "list")
	m.scripts[p].say(service, list...)
	if slices.Contains(m.plan[service], p) {
		m.last[service][p] = known(list)
		delete(m.failing[service], p)
	}
	m.settle()
}

// hear has one provider answer without news, or fail to.
func (m *model) hear(t *rapid.T) {
	p := rapid.IntRange(0, 2).Draw(t, "provider")
	service := rapid.SampledFrom(m.services).Draw(t, "service")
	var err error
	if rapid.Bool().Draw(t, "fails") {
		err = errors.New("down")
	}
	m.scripts[p].heard(service, err)
	if slices.Contains(m.plan[service], p) {
		_, known := m.last[service][p]
		if err != nil {
			m.failing[service][p] = true
		} else if known {
			delete(m.failing[service], p)
		}
	}
	m.settle()
}

// settle lets the Catalog finish and works out what the consumer should have now.
func (m *model) settle() {
	synctest.Wait()
	for service, sources := range m.plan {
		var union []string
		complete := true
		add := func(list []string) {
			for _, address := range list {
				if !slices.Contains(union, address) {
					union = append(union, address)
				}
			}
		}
		for _, p := range sources {
			list, known := m.last[service][p]
			complete = complete && known
			add(list)
		}
		m.leaving[service] = slices.DeleteFunc(m.leaving[service], func(d left) bool {
			return len(m.last[service]) > 0 && !slices.ContainsFunc(d.until, func(p int) bool { return m.last[service][p] == nil })
		})
		for _, d := range m.leaving[service] {
			add(d.list)
		}
		_, was := m.has[service]
		if was || complete || len(union) > 0 {
			m.has[service] = union
		}
	}
}

func (m *model) check(t *rapid.T) {
	for _, service := range m.services {
		want, wanted := m.has[service]
		got, ok := m.rig.got.get(service)
		if ok != wanted {
			t.Fatalf("the consumer has %s: %v, want %v", service, ok, wanted)
		}
		list := addresses(got.Endpoints)
		slices.Sort(list)
		if sorted := slices.Sorted(slices.Values(want)); !slices.Equal(list, sorted) {
			t.Fatalf("%s is %v, want %v", service, list, sorted)
		}
		if ok && got.Stale != (len(m.failing[service]) > 0) {
			t.Fatalf("%s is stale: %v, failing are %v", service, got.Stale, m.failing[service])
		}
	}
	m.checkStatus(t)
}

// checkStatus compares the sums that are kept up to date with a count.
func (m *model) checkStatus(t *rapid.T) {
	for i, status := range m.rig.Status() {
		services, stale, ready := 0, false, true
		for service, sources := range m.plan {
			if slices.Contains(sources, i) {
				_, known := m.last[service][i]
				services++
				ready = ready && known
				stale = stale || m.failing[service][i]
			}
		}
		if status.Services != services || status.Stale != stale || status.Ready != ready {
			t.Fatalf("provider %d: %+v, want %d services, stale %v, ready %v", i, status, services, stale, ready)
		}
	}
}

func TestCatalogAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noDeadline := struct{ rapid.TB }{t} // which rapid would ask for, and a bubble has none
		rapid.Check(noDeadline, func(rt *rapid.T) {
			m := newModel(t)
			defer m.rig.stop()
			m.replan(rt)
			rt.Repeat(map[string]func(*rapid.T){
				"replan": m.replan,
				"say":    m.say,
				"hear":   m.hear,
				"":       m.check,
			})
		})
	})
}
