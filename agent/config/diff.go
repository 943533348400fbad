package config

import (
	"fmt"
	"reflect"
	"slices"
)

// Diff names what differs between two configurations, as people call it: log_level, api.socket,
// provider "legacy", service "web". What a reload applies is in changed, what needs a restart in
// needsRestart; neither is in both. A service that inherits a changed default is changed too.
func Diff(old, next *Config) (changed, needsRestart []string) {
	for _, a := range settings {
		switch {
		case a.same(old, next):
		case a.restart:
			needsRestart = append(needsRestart, a.path())
		default:
			changed = append(changed, a.path())
		}
	}
	for _, a := range balance {
		if !a.same(&old.Defaults.Balance, &next.Defaults.Balance) {
			changed = append(changed, "defaults."+a.path())
		}
	}
	if !reflect.DeepEqual(old.Defaults.HealthCheck, next.Defaults.HealthCheck) {
		changed = append(changed, "defaults.health_check")
	}
	if !reflect.DeepEqual(old.Defaults.Outliers, next.Defaults.Outliers) {
		changed = append(changed, "defaults."+outlierBlock)
	}
	name := func(p Provider) string { return fmt.Sprintf("provider %q", p.Name) }
	changed = append(changed, differences(old.Providers, next.Providers, name)...)
	if reordered(old.Providers, next.Providers) {
		changed = append(changed, "the order of providers")
	}
	return append(changed, differences(old.Services, next.Services, func(s Service) string {
		return fmt.Sprintf("service %q", s.Name)
	})...), needsRestart
}

// InForce gives what is in force after an agent that runs with old was told to reload next: next, but
// for the settings that need a restart. Both stay as they are.
func InForce(old, next *Config) *Config {
	c := *next
	for _, a := range settings {
		if a.restart {
			a.copy(&c, old)
		}
	}
	return &c
}

// differences names the elements that are in one list only, or in both and not the same: first those
// of next in its order, then those that are gone.
func differences[T any](old, next []T, name func(T) string) []string {
	before := make(map[string]T, len(old))
	for _, x := range old {
		before[name(x)] = x
	}
	var out []string
	for _, x := range next {
		n := name(x)
		if was, ok := before[n]; !ok || !reflect.DeepEqual(was, x) {
			out = append(out, n)
		}
		delete(before, n)
	}
	for _, x := range old {
		if _, gone := before[name(x)]; gone {
			out = append(out, name(x))
		}
	}
	return out
}

// reordered says whether the providers that both have stand in another order, which decides between
// two that permit the same service.
func reordered(old, next []Provider) bool {
	in := func(list []Provider) func(Provider) bool {
		return func(p Provider) bool {
			return !slices.ContainsFunc(list, func(q Provider) bool { return p.Name == q.Name })
		}
	}
	a := slices.DeleteFunc(slices.Clone(old), in(next))
	b := slices.DeleteFunc(slices.Clone(next), in(old))
	return !slices.EqualFunc(a, b, func(p, q Provider) bool { return p.Name == q.Name })
}
