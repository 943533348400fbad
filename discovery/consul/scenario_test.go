package consul

import (
	"testing"

	"github.com/remora-agent/remora/internal/testbed"
)

// TestScenarios plays everything that the testbed knows to do to a Consul.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, scenario := range testbed.ConsulScenarios() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			world := scenario.Start(t)
			world.Watcher = startProvider(t, impatient(world.Endpoints[0]))
			scenario.Play(world)
		})
	}
}
