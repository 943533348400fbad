package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// targets is thousands of addresses behind one listener, and when each was probed.
type targets struct {
	listener net.Listener
	port     uint16

	mu     sync.Mutex
	last   []time.Time // by target; zero: never
	began  time.Time
	probes []time.Duration // since began
}

// first is the address of the first target; the others follow.
var first = binary.BigEndian.Uint32(netip.MustParseAddr("127.1.0.0").AsSlice())

// listen accepts probes of n targets until it is closed.
func listen(n int) (*targets, error) {
	l, err := listenOnLoopback()
	if err != nil {
		return nil, fmt.Errorf("listen for probes: %w", err)
	}
	t := &targets{listener: l, port: l.Addr().(*net.TCPAddr).AddrPort().Port(), last: make([]time.Time, n)}
	go t.serve()
	return t, nil
}

func (t *targets) close() { _ = t.listener.Close() }

// address is that of a target.
func (t *targets) address(i int) string {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], first+uint32(i))
	return netip.AddrPortFrom(netip.AddrFrom4(ip), t.port).String()
}

func (t *targets) serve() {
	for {
		conn, err := t.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the peer was gone already
		}
		t.note(conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap())
		_ = conn.Close()
	}
}

func (t *targets) note(probed netip.Addr) {
	now := time.Now()
	i := binary.BigEndian.Uint32(probed.AsSlice()) - first
	t.mu.Lock()
	defer t.mu.Unlock()
	if int(i) < len(t.last) {
		t.last[i] = now
		t.probes = append(t.probes, now.Sub(t.began))
	}
}

// unseen counts the targets that were not probed since a moment.
func (t *targets) unseen(since time.Time) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, last := range t.last {
		if last.Before(since) {
			n++
		}
	}
	return n
}

// allProbed is nil once every target was probed.
func (t *targets) allProbed(context.Context) error {
	if n := t.unseen(time.Unix(0, 0)); n > 0 {
		return fmt.Errorf("%d targets were never probed", n)
	}
	return nil
}

// restart begins to count anew.
func (t *targets) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began, t.probes = time.Now(), nil
}

// spread is how many probes there were in each whole second, and in each tenth of the interval, all
// intervals together.
func (t *targets) spread(s settings) (second, tenth []float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	second = make([]float64, int(time.Duration(s.rounds)*s.interval/time.Second))
	tenth = make([]float64, 10)
	for _, at := range t.probes {
		if i := int(at / time.Second); i < len(second) {
			second[i]++
		}
		if at < time.Duration(s.rounds)*s.interval {
			tenth[at%s.interval*10/s.interval]++
		}
	}
	return second, tenth
}
