package client

import (
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// replicaOf translates a group of the agent. A verdict that this version does not know counts as none.
func replicaOf(g *wire.Group) balancer.Replica {
	r := balancer.Replica{
		Settings: settingsOf(g.Strategy, g.Settings),
		Stale:    g.Stale,
		Backends: make([]balancer.ReplicaBackend, len(g.Backends)),
	}
	for i := range g.Backends {
		b := &g.Backends[i]
		r.Backends[i] = balancer.ReplicaBackend{
			Endpoint: balancer.Endpoint{
				Address:  b.Address,
				ID:       b.ID,
				Weight:   weightOf(b.Weight),
				Zone:     b.Zone,
				Tags:     b.Tags,
				Meta:     b.Meta,
				Priority: b.Priority,
				Held:     b.Held,
			},
			Verdicts: balancer.Verdicts{
				Registry: registryVerdicts[b.Verdicts.Registry],
				Active:   checkVerdicts[b.Verdicts.Active],
				Passive:  checkVerdicts[b.Verdicts.Passive],
				Admin:    adminVerdicts[b.Verdicts.Admin],
			},
			Damped: b.Damped,
		}
	}
	return r
}

var (
	registryVerdicts = byName(balancer.RegistryNone, balancer.RegistryPassing, balancer.RegistryWarning,
		balancer.RegistryCritical, balancer.RegistryMaintenance)
	checkVerdicts = byName(balancer.CheckUnknown, balancer.CheckOK, balancer.CheckFailed)
	adminVerdicts = byName(balancer.AdminReady, balancer.AdminDrain)
)

func byName[V interface{ String() string }](verdicts ...V) map[string]V {
	named := make(map[string]V, len(verdicts))
	for _, v := range verdicts {
		named[v.String()] = v
	}
	return named
}

// weightOf turns a weight that is set into one for package balancer, where 0 means unset.
func weightOf(weight int) int {
	if weight == 0 {
		return balancer.Weightless
	}
	return weight
}

func settingsOf(strategy string, s wire.Settings) balancer.Settings {
	return balancer.Settings{
		Strategy:       balancer.Strategy(strategy),
		PanicThreshold: s.PanicThreshold,
		Locality:       balancer.Locality{Prefer: s.Locality.Prefer, Zone: s.Locality.Zone, Bias: s.Locality.Bias},
		SlowStart: balancer.SlowStart{
			Window:     duration(s.SlowStart.WindowMS),
			Aggression: s.SlowStart.Aggression,
			MinPercent: s.SlowStart.MinPercent,
		},
		Subset: balancer.Subset{Size: s.Subset.Size, Seed: s.Subset.Seed},
		Hash:   balancer.Hash{MinRing: s.Hash.MinRing, MaxRing: s.Hash.MaxRing, RandomFallback: s.Hash.RandomFallback},
		EWMA: balancer.EWMA{
			Decay:          duration(s.PeakEWMA.DecayMS),
			FailurePenalty: duration(s.PeakEWMA.FailurePenaltyMS),
		},
	}
}

func duration(milliseconds float64) time.Duration {
	return time.Duration(milliseconds * float64(time.Millisecond))
}
