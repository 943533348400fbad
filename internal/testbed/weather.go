package testbed

import (
	"math/rand/v2"
	"time"
)

// Weather is how badly a network works. The zero value is a fine day.
type Weather struct {
	Delay          time.Duration // of each piece: evenly spread from nothing to this
	BytesPerSecond int           // in each direction of each connection; 0: no limit
}

// pieceBytes is how much passes at a time in bad weather.
const pieceBytes = 256

// Degrade changes the weather, for the connections that there are, too.
func (p *Proxy) Degrade(w Weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
}

func (p *Proxy) currentWeather() Weather {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weather
}

// linger waits for as long as n bytes take; false says that the link ended before.
func (p *Proxy) linger(l *link, n int) bool {
	w := p.currentWeather()
	wait := time.Duration(rand.Float64() * float64(w.Delay))
	if w.BytesPerSecond > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(w.BytesPerSecond)
	}
	if wait == 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// piece is how much to read at a time.
func (w Weather) piece(buffer []byte) []byte {
	if w == (Weather{}) {
		return buffer
	}
	return buffer[:pieceBytes]
}
