package etcd

import (
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// TestScenarios plays everything that the testbed knows to do to an etcd.
func TestScenarios(t *testing.T) {
	for _, scenario := range testbed.EtcdScenarios() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			world := scenario.Start(t)
			world.Quiet = 5 * time.Second // twice the patience of an impatient watcher, and more
			world.Watcher = startProvider(t, impatient(world))
			scenario.Play(world)
		})
	}
}
