package agent

import (
	"strings"
	"testing"

	"github.com/remora-agent/remora/agent/config"
)

func TestPlacesFollowTheLimitOfOpenFiles(t *testing.T) {
	plain := &config.Config{API: config.API{MaxConnections: 1024}, Health: config.Health{MaxInFlight: 64}}
	all := &config.Config{
		API:       config.API{MaxConnections: 1000, AdminSocket: "a"},
		Telemetry: config.Telemetry{Listen: ":1"},
		Health:    config.Health{MaxInFlight: 100},
		Providers: []config.Provider{{Consul: &config.Consul{MaxConnections: 150}}, {Etcd: &config.Etcd{}}},
	}
	for _, tt := range []struct {
		name        string
		config      *config.Config
		descriptors int
		places      int
		warning     string
	}{
		{"not known", plain, 0, 1024, ""},
		{"just enough", plain, 64 + 64 + 1024, 1024, ""},
		{"one too few", plain, 64 + 64 + 1023, 1023, "to 1152"},
		{"macOS", plain, 256, 128, "to 1152"},
		{"hardly any", plain, 20, 16, "to 1152"},
		{"three sockets and two catalogs", all, 64 + 100 + 150 + 8 + 3000, 1000, ""},
		{"shared by three sockets", all, 1024, (1024 - 322) / 3, "to 3322"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			places, warning := placesFor(tt.config, tt.descriptors)
			if places != tt.places || !strings.Contains(warning, tt.warning) || (warning == "") != (tt.warning == "") {
				t.Errorf("got %d, %q, want %d, %q", places, warning, tt.places, tt.warning)
			}
		})
	}
}
