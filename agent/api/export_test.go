package api

import (
	"net"
	"net/http"
)

// HandlerFor gives the API without a socket, as if all requests came from caller over raw.
func HandlerFor(core Core, options Options, caller Caller, raw net.Conn) http.Handler {
	options = options.withDefaults()
	h := newHandler(core, options, routes)
	c := newConn(raw, caller, options.Limits, noConnections{})
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
