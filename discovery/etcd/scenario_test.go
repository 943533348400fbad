package etcd

import (
	"testing"

	"github.com/remora-agent/remora/internal/testbed"
)

// TestScenarios plays everything that the testbed knows to do to an etcd.
func TestScenarios(t *testing.T) {
	for _, scenario := range testbed.EtcdScenarios() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			world := scenario.Start(t)
			world.Watcher = startProvider(t, impatient(world))
			scenario.Play(world)
		})
	}
}
