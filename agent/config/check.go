package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// withTLS are the settings of a check that do nothing without tls.
var withTLS = []string{"tls_skip_verify", "tls_server_name", "tls_ca_file"}

// healthCheck reads a health_check block over what it inherits.
func (w *walk) healthCheck(seen places, owner section, b *hcl.Block, check *HealthCheck) {
	s := begin("health_check of "+owner.what, b)
	w.once(seen, s.what, s.head)
	s = read(w, s, b.Body, checks, nil, check, func() string { return check.Type })
	for _, name := range withTLS {
		if s.sets(name) && !s.sets("tls") && !check.TLS && slices.Contains(httpAndGRPC, check.Type) {
			w.fault(s.at(name), name+" needs tls = true", "Without it, "+s.what+" does not use TLS.")
		}
	}
}

// effective is the check with nothing in it that its type does not use; nil for one of type none.
func (h HealthCheck) effective() *HealthCheck {
	if h.Type == "none" {
		return nil
	}
	for _, a := range checks {
		if !a.has(h.Type) {
			a.clear(&h)
		}
	}
	if !h.TLS {
		h.TLSSkipVerify, h.TLSServerName, h.TLSCAFile = false, "", ""
	}
	return &h
}
