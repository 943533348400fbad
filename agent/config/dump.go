package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// Dump gives the configuration in force as one JSON object in the shape of HCL's JSON syntax: every
// effective value is there, what is empty is left out, and a secret is ***. Where backends stand
// between two sources of a service, they are shown behind both.
func (c *Config) Dump() json.RawMessage {
	out := dump(settings.in(""), c)
	for _, b := range rootBlocks {
		var value object
		switch b.Type {
		case "provider":
			out = out.add("provider", dumpProviders(c.Providers))
			continue
		case "service":
			value = dumpServices(c)
		case "defaults":
			value = dumpBalance(&c.Defaults.Balance, nil).
				add("health_check", dumpCheck(c.Defaults.HealthCheck, nil)).
				add(outlierBlock, dumpOutliers(c.Defaults.Outliers, nil))
		default:
			value = dump(settings.in(b.Type), c)
		}
		out = out.add(b.Type, value)
	}
	data, err := out.MarshalJSON()
	if err != nil {
		panic(fmt.Sprintf("config: dump: %v", err)) // strings, numbers and booleans only
	}
	return data
}

// String gives Dump, so that a printed configuration shows what it points to and no secret.
func (c *Config) String() string { return string(c.Dump()) }

// dumpProviders gives a list, since the order of providers counts and their types are its keys.
func dumpProviders(list []Provider) []object {
	var out []object
	for i := range list {
		p := &list[i]
		body := dump(providers.of(p.Type), p)
		if p.Etcd != nil && p.Etcd.TLS != nil {
			body = append(body, member{"tls", dump(tlsFiles, p.Etcd.TLS)})
		}
		if p.Consul != nil && p.Consul.TLS != nil {
			body = append(body, member{"tls", dump(tlsFiles, p.Consul.TLS)})
		}
		out = append(out, object{{p.Type, object{{p.Name, body}}}})
	}
	return out
}

func dumpServices(c *Config) object {
	var out object
	types := make(map[string]string, len(c.Providers))
	for _, p := range c.Providers {
		types[p.Name] = p.Type
	}
	for i := range c.Services {
		s := &c.Services[i]
		body := dumpBalance(&s.Balance, &c.Defaults.Balance)
		for _, source := range s.Sources {
			if source.Provider == SourceStatic {
				body = body.add("backend", dumpBackends(s.Backends))
			} else {
				body = body.within("source", member{source.Provider, dump(sources.of(types[source.Provider]), &source)})
			}
		}
		body = body.
			add("health_check", dumpCheck(s.HealthCheck, c.Defaults.HealthCheck)).
			add(outlierBlock, dumpOutliers(s.Outliers, c.Defaults.Outliers))
		out = append(out, member{s.Name, body})
	}
	return out
}

func dumpBackends(list []discovery.Endpoint) object {
	var out object
	for i := range list {
		out = append(out, member{list[i].Address, dump(backends, &list[i])})
	}
	return out
}

// dumpCheck says so where a check is turned off that would be inherited.
func dumpCheck(h, inherited *HealthCheck) object {
	switch {
	case h != nil:
		return dump(checks.of(h.Type), h)
	case inherited != nil:
		return object{{"type", "none"}}
	}
	return nil
}

// dump gives the settings of one block that are not empty.
func dump[B any](t table[B], b *B) object {
	var out object
	for _, a := range t {
		out = out.add(a.name, plain(a.field(b)))
	}
	return out
}

// plain gives what a setting is written as.
func plain(field any) any {
	switch value := field.(type) {
	case *time.Duration:
		return brief(*value)
	case *fs.FileMode:
		return fmt.Sprintf("%04o", *value)
	case *Secret:
		return value.String()
	}
	return reflect.ValueOf(field).Elem().Interface()
}
