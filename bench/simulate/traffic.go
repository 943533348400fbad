package main

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/remora-agent/remora/balancer"
)

// traffic is the requests of all clients. Each thing that is drawn has a stream of its own, so that the
// n-th request is the same one whatever the strategy.
type traffic struct {
	rate              float64 // requests a second
	clients           int
	gaps, who, amount *rand.Rand
	key               func() string
}

func newTraffic(s *scenario, strategy balancer.Strategy, seed uint64) *traffic {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	t := &traffic{
		rate:    s.load * float64(s.servers*slots) / meanWork.Seconds(),
		clients: s.clients,
		gaps:    stream(1),
		who:     stream(2),
		amount:  stream(3),
		key:     func() string { return "" },
	}
	switch {
	case !strategy.Hashes():
	case s.popular:
		zipf := rand.NewZipf(stream(4), zipfS, 1, zipfKeys-1)
		users := "user-" + strconv.FormatUint(seed, 10) + "-" // others in each run, or they all had the same luck
		t.key = func() string { return users + strconv.FormatUint(zipf.Uint64(), 10) }
	default:
		keys := stream(4)
		t.key = func() string { return "user-" + strconv.FormatUint(keys.Uint64(), 36) }
	}
	return t
}

// pause is the time until the next request.
func (t *traffic) pause() time.Duration {
	return time.Duration(t.gaps.ExpFloat64() / t.rate * float64(time.Second))
}

// request makes the next one. Clients are spread evenly over the agents.
func (t *traffic) request(w *world) *request {
	client := t.who.IntN(t.clients)
	return &request{
		world: w,
		agent: w.agents[client%len(w.agents)],
		uid:   uint32(1000 + client),
		key:   t.key(),
		work:  work(t.amount.NormFloat64()),
	}
}

// work turns a normal deviate into an amount of work: log-normal, with the mean meanWork.
func work(z float64) time.Duration {
	return time.Duration(float64(meanWork) * math.Exp(workSigma*z-workSigma*workSigma/2))
}
