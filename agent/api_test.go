package agent

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/remora-agent/remora/agent/api/apitest"
	"github.com/remora-agent/remora/client/wire"
)

// TestAPI puts the table of requests of package api to a whole agent. Its pending service comes from
// an etcd that nobody serves.
func TestAPI(t *testing.T) {
	nobody := listenTCP(t)
	_ = nobody.Close()
	r := start(t, `
service "owned" {
  backend "10.0.0.1:80" {}
}
service "pending" {
  source "away" {}
}
provider "etcd" "away" {
  endpoints = ["http://`+nobody.Addr().String()+`"]
  prefix    = "/services/"
}
`)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", r.socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	apitest.Run(t, apitest.Fixture{
		Client:       &http.Client{Transport: transport},
		Owned:        "owned",
		OwnedAddress: "10.0.0.1:80",
		Pending:      "pending",
	})
	if err := r.Ready(r.ctx()); code(err) != wire.CodeNotReady {
		t.Errorf("ready with a source that never answered: %v", err)
	}
}

func TestAnOutageShowsWhileNothingIsWatched(t *testing.T) {
	nobody := listenTCP(t)
	_ = nobody.Close()
	r := start(t, `
provider "etcd" "away" {
  endpoints = ["http://`+nobody.Addr().String()+`"]
  prefix    = "/services/"
  services  = ["*"]
}
`)
	for ctx := r.ctx(); ; {
		info, err := r.Agent(ctx)
		r.check(err)
		if p := info.Providers[1]; p.Stale && p.LastError != "" && p.AgeSeconds == nil {
			break
		}
	}
	r.check(r.Ready(r.ctx())) // nothing that is always watched waits for it
}
