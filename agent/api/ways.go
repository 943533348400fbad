package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// way is a route of the fast lane. Its function reads a plain request, appends the answer to lane.out and
// is true; or it is false and has done nothing that shows: then the request is not as plain as it
// looked, or anything but success is the answer, and the function that routes.go has gives it.
type way struct {
	method, pattern string // of routes.go
	prefix          string // of the pattern, up to the placeholder
	status          int
	answer          func(*lane) bool
}

var ways = [...]way{
	{http.MethodGet, "/v1/select/{service}", "/v1/select/", http.StatusOK, (*lane).selectOne},
	{http.MethodPost, "/v1/select", "/v1/select", http.StatusOK, (*lane).selectBatch},
	{http.MethodPost, "/v1/leases", "/v1/leases", http.StatusCreated, (*lane).takeLease},
	{http.MethodDelete, "/v1/leases/{lease}", "/v1/leases/", http.StatusNoContent, (*lane).endLease},
}

// asked is the request that a lane is answering.
type asked struct {
	caller Caller
	head   head
	rest   []byte // of the target, after the way's prefix
	body   []byte
}

// wayOf finds the way of a plain request; -1 if there is none.
func wayOf(h *head) int {
	for i := range ways {
		w := &ways[i]
		if string(h.method) == w.method && len(h.target) >= len(w.prefix) && string(h.target[:len(w.prefix)]) == w.prefix {
			return i
		}
	}
	return -1
}

// selectOne is the fast way of GET /v1/select/{service}.
func (l *lane) selectOne() bool {
	path, query, _ := bytes.Cut(l.asked.rest, []byte("?"))
	service := l.service(path)
	if service == nil || len(l.asked.body) > 0 {
		return false
	}
	q, ok := l.selectQuery(query)
	if !ok {
		return false
	}
	l.pick.Service = service.name
	if !service.SelectNow(l.pick, &l.lease.Selection) {
		return false
	}
	service.Selected(1)
	if q.text {
		l.rendered = append(append(l.rendered[:0], l.lease.Address...), '\n')
		l.reply("200 OK", typeText, "")
	} else {
		l.rendered = append(appendSelection(l.rendered[:0], &l.lease.Selection), "}\n"...)
		l.reply("200 OK", typeJSON, "")
	}
	return true
}

// service gives the service of a path segment; nil if it is none.
func (l *lane) service(segment []byte) *named {
	segment, ok := l.unescape(segment, inPath, '+')
	if !ok {
		return nil
	}
	return l.named(segment)
}

// named is names.of with a memory for the last service, which is mostly the next as well.
func (l *lane) named(name []byte) *named {
	if l.last == nil || l.last.name != string(name) {
		l.last = l.names.of(name)
	}
	return l.last
}

// selectBatch is the fast way of POST /v1/select. It is all picks or none.
func (l *lane) selectBatch() bool {
	if len(l.asked.rest) > 0 {
		return false
	}
	s := strict{rest: l.asked.body}
	l.rendered, l.served = append(l.rendered[:0], `{"picks":[`...), l.served[:0]
	if !s.opens('{') || string(s.name()) != "picks" || !s.opens('[') {
		return false
	}
	for s.more(']') {
		if !l.readRequest(&s, false) || !l.last.SelectNow(l.pick, &l.lease.Selection) {
			return false
		}
		l.tally(l.last)
		l.rendered = append(appendSelection(l.rendered, &l.lease.Selection), "},"...)
	}
	if s.more('}') || !s.ended() || len(l.served) == 0 {
		return false
	}
	for _, s := range l.served {
		s.service.Selected(s.picks)
	}
	l.rendered = append(l.rendered[:len(l.rendered)-1], "]}\n"...)
	l.reply("200 OK", typeJSON, "")
	return true
}

// served is how many picks of a batch were of one service.
type served struct {
	service *named
	picks   int
}

// tallied is how many services of a batch are counted together. Those that come later are counted as often
// as they come, which gives the same sums.
const tallied = 16

// tally notes a pick of a batch.
func (s *scratch) tally(service *named) {
	for i := range s.served[:min(len(s.served), tallied)] {
		if s.served[i].service == service {
			s.served[i].picks++
			return
		}
	}
	s.served = append(s.served, served{service, 1})
}

// takeLease is the fast way of POST /v1/leases.
func (l *lane) takeLease() bool {
	s := strict{rest: l.asked.body}
	if len(l.asked.rest) > 0 || !l.readRequest(&s, true) || !s.ended() {
		return false
	}
	ttl, err := ttlOf(wire.LeaseRequest{Bind: l.bind, TTL: l.ttl})
	if err != nil || !l.last.TakeNow(l.asked.caller, l.pick, ttl, &l.lease) {
		return false
	}
	l.rendered = appendSelection(l.rendered[:0], &l.lease.Selection)
	l.rendered = appendString(append(l.rendered, `,"lease":`...), l.lease.LeaseID)
	if ttl > 0 {
		l.rendered = appendString(append(l.rendered, `,"ttl":`...), ttl.String())
	}
	l.rendered = append(l.rendered, "}\n"...)
	l.reply("201 Created", typeJSON, url.PathEscape(l.lease.LeaseID))
	return true
}

// endLease is the fast way of DELETE /v1/leases/{lease}, with its outcome in the query or in the body.
func (l *lane) endLease() bool {
	id, query, _ := bytes.Cut(l.asked.rest, []byte("?"))
	if !isToken(id) || len(query) > 0 && len(l.asked.body) > 0 {
		return false
	}
	var outcome wire.Outcome
	var ok bool
	if len(l.asked.body) > 0 {
		outcome, ok = strictOutcome(l.asked.body)
	} else {
		outcome, ok = queryOutcome(query)
	}
	if !ok || l.leases.End(l.asked.caller, string(id), outcome) != nil {
		return false
	}
	l.out = append(l.out, "HTTP/1.1 204 No Content\r\n"...)
	l.out = append(append(l.out, l.date.line()...), "\r\n"...)
	return true
}

// reply appends an answer with the body that is rendered. Its fields stand in the order in which net/http
// writes them, so that the two ways give the same bytes.
func (l *lane) reply(status, contentType, lease string) {
	b := append(append(l.out, "HTTP/1.1 "...), status...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(l.rendered)), 10)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, contentType...)
	if lease != "" {
		b = append(append(b, "\r\nLocation: /v1/leases/"...), lease...)
	}
	b = append(b, "\r\n"...)
	b = append(b, l.date.line()...)
	b = append(b, "\r\n"...)
	l.out = append(b, l.rendered...)
}

// express is what the fast lanes of a server share.
type express struct {
	leases    Leases
	observers []func(took time.Duration) // of the ways, in their order
	bodyBytes int64                      // of a request's body
	names     *names
	date      *date
}

// newExpress gives nil if the core has nothing that makes a fast lane.
func newExpress(core Core, options Options) *express {
	if core.Fast == nil {
		return nil
	}
	e := &express{
		leases:    core.Leases,
		bodyBytes: min(laneBodyBytes, options.Limits.BodyBytes),
		names:     newNames(core.Fast),
		date:      newDate(),
	}
	for _, w := range ways {
		e.observers = append(e.observers, options.Observer(w.pattern, w.method, w.status))
	}
	return e
}
