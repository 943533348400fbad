package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/remora-agent/remora/discovery"
)

// service reads a service block.
func (w *walk) service(b *hcl.Block) {
	service := Service{Name: b.Labels[0], Balance: w.config.Defaults.Balance}
	s := begin(fmt.Sprintf("service %q", service.Name), b)
	if err := serviceName.check(service.Name); err != nil {
		w.refuse(s.head, "the name of a service", strconv.Quote(service.Name), nil, serviceName.says, err)
	}
	s = read(w, s, b.Body, w.balance(), serviceBlocks, &service.Balance, nil)
	w.members(s, &service)
	w.once(w.seen, s.what, s.head)
	w.config.Services = append(w.config.Services, service)
}

// members reads the blocks of a service.
func (w *walk) members(s section, service *Service) {
	seen := make(places)
	check, probed, outlier := w.check, w.probed, w.outlier
	for _, b := range s.blocks {
		switch b.Type {
		case "source":
			w.source(seen, s, b, service)
		case "backend":
			w.backend(seen, s, b, service)
		case "health_check":
			w.healthCheck(seen, s, b, &check)
			probed = true
		case outlierBlock:
			w.outliers(seen, s, b, &outlier)
		default:
			w.policy(seen, s, b, &service.Balance)
		}
	}
	if probed {
		service.HealthCheck = check.effective()
	}
	service.Outliers = outlier.effective()
	w.affinity(s, service.Balance)
	service.Balance = service.Balance.effective()
	if !slices.ContainsFunc(s.blocks, func(b *hcl.Block) bool { return b.Type == "source" || b.Type == "backend" }) {
		w.fault(s.head, s.what+" has neither a source nor a backend", "Allowed: any number of both, but at least one.")
	}
}

func (w *walk) source(seen places, owner section, b *hcl.Block, service *Service) {
	source := Source{Provider: b.Labels[0], Name: service.Name}
	s := begin(fmt.Sprintf("source %q of %s", source.Provider, owner.what), b)
	kind := w.reference(s, source.Provider)
	t := sources
	switch kind {
	case "consul":
		t = t.with("filter", consulQuery)
	case "": // the provider is not known, nor what its filters look like
		t = t.with("filter", text)
	}
	read(w, s, b.Body, t, nil, &source, func() string { return kind })
	w.once(seen, s.what, s.head)
	service.Sources = append(service.Sources, source)
}

// reference gives the type of the provider of that name, or reports that there is none.
func (w *walk) reference(s section, name string) (kind string) {
	var names []string
	for _, p := range w.config.Providers {
		if p.Name == name {
			return p.Type
		}
		names = append(names, p.Name)
	}
	says := "the name of a provider"
	if len(names) > 0 {
		says = strings.Join(names, ", ")
	}
	err := errOutside
	if name == SourceStatic {
		err = errors.New("the backend blocks of a service are that source by themselves")
	}
	w.refuse(s.head, "a source", strconv.Quote(name), names, says, err)
	return ""
}

// backend reads a backend block. Two spellings of one address are one address.
func (w *walk) backend(seen places, owner section, b *hcl.Block, service *Service) {
	var endpoint discovery.Endpoint
	backends.fill(&endpoint)
	s := begin(fmt.Sprintf("backend %q of %s", b.Labels[0], owner.what), b)
	s = read(w, s, b.Body, backends, nil, &endpoint, nil)
	address, err := discovery.ParseAddress(b.Labels[0])
	if err != nil {
		w.refuse(s.head, "the address of a backend", strconv.Quote(b.Labels[0]), nil, "ip:port, [v6]:port or hostname:port", errors.Unwrap(err))
		return
	}
	w.once(seen, fmt.Sprintf("backend %q of %s", address, owner.what), s.head)
	if endpoint.ID != "" {
		w.once(seen, fmt.Sprintf("id %q of a backend of %s", endpoint.ID, owner.what), s.at("id"))
	}
	if len(service.Backends) == 0 {
		service.Sources = append(service.Sources, Source{Provider: SourceStatic, Name: service.Name})
	}
	endpoint.Address = address
	service.Backends = append(service.Backends, endpoint)
}
