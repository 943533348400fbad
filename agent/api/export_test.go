package api

import (
	"context"
	"net"
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// HandlerFor gives the API without a socket, as if all requests came from caller over raw.
func HandlerFor(core Core, options Options, caller Caller, raw net.Conn) http.Handler {
	options = options.withDefaults()
	h := newHandler(core, options, routes)
	c := newConn(raw, caller, options.Limits, noConnections{}, h.turns)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(withConn(r.Context(), c)))
	})
}

// Routes lists method and pattern of every route.
func Routes() (all [][2]string) {
	for _, r := range routes {
		all = append(all, [2]string{r.method, r.pattern})
	}
	return all
}

// HeadOf gives what the fast lane makes of a request's head: its verdict, and how long it says that the
// head and the body are.
func HeadOf(request string) (verdict string, size, length int) {
	m := &memo{}
	first, v := m.parse([]byte(request))
	h, again := m.parse([]byte(request)) // by heart, where it is plain
	if h.size != first.size || h.length != first.length || h.text != first.text || v != again {
		panic("a head is not the same the second time")
	}
	return [...]string{partial: "partial", odd: "odd", framed: "framed", plain: "plain"}[v], h.size, h.length
}

// AppendSelection is what the fast lane makes of a selection.
func AppendSelection(s *wire.Selection) []byte {
	return append(appendSelection(nil, s), "}\n"...)
}

// FastAnswer gives a function that has the fast lane answer one request again and again.
func FastAnswer(core Core, request string) func() (answer []byte) {
	l := lane{express: newExpress(core, Options{}.withDefaults())}
	return func() []byte {
		l.buf, l.r, l.w, l.out = append(l.buf[:0], request...), 0, len(request), l.out[:0]
		l.serve(Caller{})
		return l.out
	}
}

// Agree says whether net/http may serve a request when the lane passed on one with such a body.
func Agree(promised int64, r *http.Request) error {
	l := lane{mode: watching, promised: promised}
	if err := l.agree(r); err != nil {
		return err
	}
	if l.agree(r) == nil {
		panic("the same request was agreed on twice")
	}
	return nil
}

// Date gives the Date field that answers have, and a function that keeps it.
func Date() (line func() string, run func(context.Context)) {
	d := newDate()
	return d.line, d.run
}

// Busy counts the users for whom the server works or keeps something.
func (s *Server) Busy() int { return s.handler.turns.Users() }
