package client

import (
	"bufio"
	"context"
	"net/http"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

const (
	// tellEvery is how long news wait for company on their way to the agent. The load of other processes
	// comes back with the answer, so it is as fresh.
	tellEvery = 50 * time.Millisecond

	// askEvery is how often a Balancer without news asks for that load, and makes sure that its connection
	// to the agent, which keeps its own counts in force, stands.
	askEvery = time.Second

	// partingTime is how long Close may take to tell the last outcomes.
	partingTime = time.Second
)

// teller brings the ledger to the agent and the load of the host back. What it says of connections in use
// is bound to its own connection: when that ends, the agent forgets it, and the next one begins from
// nothing told.
type teller struct {
	balancer *Balancer
	client   *Client
	ledger   *ledger
	conn     *pinned // nil: none
	asked    time.Time
}

func newTeller(b *Balancer) *teller {
	return &teller{balancer: b, client: b.client, ledger: &b.ledger}
}

// run tells until ctx ends, and then once more.
func (t *teller) run(ctx context.Context) {
	for wait, failures := tellEvery, (backoff{}); pause(ctx, wait); {
		if err := t.turn(ctx); err != nil {
			t.hangUp()
			wait = tellEvery + failures.next()
			continue
		}
		wait, failures = tellEvery, backoff{}
	}
	parting, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingTime)
	defer cancel()
	// The end may have come in the middle of telling, which broke the connection.
	if news := t.ledger.news.Load(); (t.conn != nil || news) && t.connect(parting) == nil {
		_ = t.tell(parting) // nobody is left to hear of an error
	}
	t.hangUp()
}

// turn tells if there is something to tell or ask.
func (t *teller) turn(ctx context.Context) error {
	news := t.ledger.news.Swap(false)
	if !news && time.Since(t.asked) < askEvery {
		return nil
	}
	if !news {
		t.ledger.prune()
	}
	t.asked = time.Now()
	if err := t.connect(ctx); err != nil {
		return err
	}
	return t.tell(ctx)
}

func (t *teller) connect(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	conn, err := t.client.dial(ctx)
	if err == nil {
		t.conn = &pinned{conn: conn, r: bufio.NewReader(conn)}
	}
	return err
}

// hangUp ends the connection and what was told over it. Without the agent nobody knows what other
// processes do, so their connections are not counted then.
func (t *teller) hangUp() {
	if t.conn != nil {
		t.conn.close()
		t.conn = nil
	}
	for _, one := range t.ledger.all() {
		one.told = 0
		one.setOthers(t.ledger.lb, 0)
	}
	t.ledger.news.Store(true)
}

// tell sends everything there is to say. What is on its way when the connection breaks is not sent again:
// outcomes are told once at most.
func (t *teller) tell(ctx context.Context) error {
	for _, feedback := range t.gather() {
		var answer wire.FeedbackAnswer
		bounded, cancel := t.client.bound(ctx, 0)
		err := t.conn.do(bounded, exchange{
			doing: "tell feedback", method: http.MethodPost, path: "/v1/feedback",
			body: feedback, out: &answer,
		})
		cancel()
		if err != nil {
			return err
		}
		t.apply(answer)
	}
	if t.conn.last {
		return errHungUp
	}
	return nil
}

// apply takes over the load of the host. What of it is this process's own is counted here already.
func (t *teller) apply(answer wire.FeedbackAnswer) {
	for _, load := range answer.Services {
		for address := range load.Active {
			t.ledger.enter(tallyKey{load.Service, address}, 0)
		}
	}
	loads := make(map[string]map[string]int, len(answer.Services))
	for _, load := range answer.Services {
		loads[load.Service] = load.Active
	}
	for _, one := range t.ledger.all() {
		if active, told := loads[one.key.service]; told {
			one.setOthers(t.ledger.lb, max(0, active[one.key.address]-one.told))
		}
	}
}
