package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// providerType is one type of provider: where its settings are kept.
type providerType struct {
	name    string
	prepare func(*Provider) (tls **TLS)
}

var providerTypes = []providerType{
	{name: "etcd", prepare: func(p *Provider) **TLS { p.Etcd = new(Etcd); return &p.Etcd.TLS }},
	{name: "consul", prepare: func(p *Provider) **TLS { p.Consul = new(Consul); return &p.Consul.TLS }},
}

// provider reads a provider block. One with faults is kept too, so that references to it resolve.
func (w *walk) provider(b *hcl.Block) {
	p := Provider{Type: b.Labels[0], Name: b.Labels[1]}
	s := begin(fmt.Sprintf("provider %q", p.Name), b)
	w.providerName(s, p.Name)
	kind := w.providerType(b.LabelRanges[0], p.Type)
	if kind == nil {
		p.Type = ""
	} else {
		w.providerBody(s, b.Body, kind, &p)
	}
	w.once(w.seen, s.what, s.head)
	w.config.Providers = append(w.config.Providers, p)
}

func (w *walk) providerName(s section, name string) {
	allow := serviceName
	err := allow.check(name)
	if name == SourceStatic || name == SourceAPI {
		err = fmt.Errorf("the names %s and %s are taken", SourceStatic, SourceAPI)
	}
	if err != nil {
		w.refuse(s.head, "the name of a provider", strconv.Quote(name), nil, allow.says, err)
	}
}

// providerType finds a type, or reports that there is none of that name.
func (w *walk) providerType(at hcl.Range, name string) *providerType {
	var names []string
	for i, t := range providerTypes {
		if t.name == name {
			return &providerTypes[i]
		}
		names = append(names, t.name)
	}
	w.refuse(at, "the type of a provider", strconv.Quote(name), names, strings.Join(names, ", "), errOutside)
	return nil
}

func (w *walk) providerBody(s section, body hcl.Body, kind *providerType, p *Provider) {
	tls := kind.prepare(p)
	providers.of(p.Type).fill(p)
	s = read(w, s, body, providers, providerBlocks, p, func() string { return p.Type })
	seen := make(places)
	for _, b := range s.blocks {
		*tls = new(TLS)
		w.tls(seen, s, b, *tls)
	}
	if p.Import == ImportAll && !s.sets("services") {
		w.fault(s.at("import"), "import = \""+ImportAll+"\" needs services", `It is a list of globs; ["*"] permits every service.`)
	}
	w.exclusive(s, "password", "password_file")
	w.exclusive(s, "token", "token_file")
	if p.Etcd != nil {
		w.etcd(s, p.Etcd)
	}
	if p.Consul != nil {
		w.consul(s, p.Consul)
	}
}

func (w *walk) tls(seen places, owner section, b *hcl.Block, tls *TLS) {
	s := begin("tls of "+owner.what, b)
	w.once(seen, s.what, s.head)
	s = read(w, s, b.Body, tlsFiles, nil, tls, nil)
	w.needs(s, "cert_file", "key_file")
	w.needs(s, "key_file", "cert_file")
}

func (w *walk) etcd(s section, e *Etcd) {
	w.needs(s, "username", "password", "password_file")
	w.needs(s, "password", "username")
	w.needs(s, "password_file", "username")
	for _, endpoint := range e.Endpoints {
		if e.TLS != nil && strings.HasPrefix(endpoint, "http://") {
			w.fault(s.at("endpoints"), fmt.Sprintf("endpoint %q does not use TLS, but %s has a tls block", endpoint, s.what),
				"Allowed: https:// with a tls block, http:// without.")
		}
	}
}

func (w *walk) consul(s section, c *Consul) {
	if c.TLS == nil {
		return
	}
	for _, plain := range []string{"http://", "unix://"} {
		if strings.HasPrefix(c.Address, plain) {
			w.fault(s.at("address"), fmt.Sprintf("address %q does not use TLS, but %s has a tls block", c.Address, s.what),
				"Allowed: https:// with a tls block, http:// and unix:// without.")
		}
	}
}

// exclusive reports two settings of which a block may have one.
func (w *walk) exclusive(s section, one, other string) {
	if s.sets(one) && s.sets(other) {
		w.fault(s.attrs[other].NameRange, s.what+" has both "+one+" and "+other, "Allowed: one of the two.")
	}
}

// needs reports a setting that does nothing without one of the others.
func (w *walk) needs(s section, name string, others ...string) {
	if s.sets(name) && !slices.ContainsFunc(others, s.sets) {
		w.fault(s.attrs[name].NameRange, s.what+" has "+name+" without "+strings.Join(others, " or "),
			"Allowed: both or neither.")
	}
}
