package etcd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/remora-agent/remora/internal/testbed"
)

func TestHistory(t *testing.T) {
	before := history{cluster: 1, revision: 10}
	tests := []struct {
		name   string
		before history
		later  history
		broken bool
	}{
		{"the first answer", history{}, history{cluster: 1, revision: 10}, false},
		{"nothing happened", before, before, false},
		{"something happened", before, history{cluster: 1, revision: 11}, false},
		{"the revision went back", before, history{cluster: 1, revision: 9}, true},
		{"another cluster, further on", before, history{cluster: 2, revision: 11}, true},
		{"a proxy does not say which cluster", before, history{revision: 11}, false},
		{"a proxy did not say which cluster", history{revision: 10}, before, false},
	}
	for _, test := range tests {
		if got := test.before.brokenBy(test.later); got != test.broken {
			t.Errorf("%s: %+v then %+v breaks history: %v, want %v", test.name, test.before, test.later, got, test.broken)
		}
	}
}

// TestLostHistoryIsLogged has etcd come back without its data, and then another cluster in its place,
// and wants to read how many services that cost their backends.
func TestLostHistoryIsLogged(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{Proxied: true}.Start(t)
	complaints := make(chan string, 10)
	w := startLogging(t, impatient(world), func(line string) {
		if strings.Contains(line, "another history") {
			complaints <- line
		}
	})
	for n := range 7 {
		world.Put(fmt.Sprint("service-", n), 1)
	}
	w.Expect("service-6", world.Address("service-6", 1))

	member := world.Etcd.Members[0]
	member.Kill()
	w.ExpectStale("service-6", true)
	member.Wipe(t)
	member.Restart(t)
	w.Expect("service-6")
	checkLine(t, <-complaints, "[WARN]", "revision=1 revision-before=8", "emptied-services=7",
		`["service-0", "service-1", "service-2", "service-3", "service-4"]`)

	address := world.Put("service-6", 1)
	w.Expect("service-6", address)
	other := testbed.Scenario{}.Start(t)
	for n := range 9 {
		other.Put("new", n)
	}
	world.Proxy.Retarget(other.Etcd.Members[0].Address())
	world.Proxy.Drop()
	w.Expect("service-6")
	checkLine(t, <-complaints, "revision=10 revision-before=2", "emptied-services=1", `["service-6"]`)
	if len(complaints) > 0 {
		t.Errorf("there was one more complaint: %s", <-complaints)
	}
}

func checkLine(t *testing.T, line string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(line, part) {
			t.Errorf("the log says %q, want %q in it", line, part)
		}
	}
}
