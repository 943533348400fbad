package state

import (
	"maps"
	"slices"
	"time"
)

// The kinds of records.
const (
	kindMeta    = 1 // the first one, and no other
	kindService = 2
	kindLease   = 3
)

func (o *output) meta(m Meta) {
	o.number(uint64(max(m.At.UnixNano(), 0)))
	o.number(m.Index)
}

func (in *input) meta() Meta {
	at := in.upTo(1<<63 - 1)
	return Meta{At: time.Unix(0, int64(at)), Index: in.number()}
}

func (o *output) service(s *Service) {
	o.text(s.Name)
	o.span(s.Idle)
	o.count(len(s.Sources))
	for i := range s.Sources {
		o.source(&s.Sources[i])
	}
	if o.flag(s.API != nil) {
		o.text(s.API.Strategy)
		o.endpoints(s.API.Endpoints)
	}
	o.texts(s.Drained)
	o.count(len(s.Backends))
	for i := range s.Backends {
		o.backend(&s.Backends[i])
	}
}

func (in *input) service() Service {
	s := Service{Name: in.text(), Idle: in.span()}
	for range in.length(4) {
		s.Sources = append(s.Sources, in.source())
	}
	if in.flag() {
		s.API = &Registration{Strategy: in.text(), Endpoints: in.endpoints()}
	}
	s.Drained = in.texts()
	for range in.length(11) {
		s.Backends = append(s.Backends, in.backend())
	}
	return s
}

func (o *output) source(s *Source) {
	o.text(s.Provider)
	o.text(s.Identity)
	o.span(s.Age)
	o.endpoints(s.Endpoints)
}

func (in *input) source() Source {
	return Source{Provider: in.text(), Identity: in.text(), Age: in.span(), Endpoints: in.endpoints()}
}

func (o *output) endpoints(list []Endpoint) {
	o.count(len(list))
	for i := range list {
		o.endpoint(&list[i])
	}
}

func (in *input) endpoints() []Endpoint {
	n := in.length(9)
	if n == 0 {
		return nil
	}
	list := make([]Endpoint, n)
	for i := range list {
		list[i] = in.endpoint()
	}
	return list
}

func (o *output) endpoint(e *Endpoint) {
	o.text(e.Address)
	o.text(e.ID)
	o.count(e.Weight)
	o.count(e.Priority)
	o.text(e.Zone)
	o.texts(e.Tags)
	o.count(len(e.Meta))
	if len(e.Meta) > 0 {
		for _, key := range slices.Sorted(maps.Keys(e.Meta)) {
			o.text(key)
			o.text(e.Meta[key])
		}
	}
	o.count(int(e.Status))
	o.text(e.Reason)
}

func (in *input) endpoint() Endpoint {
	e := Endpoint{Address: in.text(), ID: in.text(), Weight: in.small(), Priority: in.small(), Zone: in.text(), Tags: in.texts()}
	if n := in.length(2); n > 0 {
		e.Meta = make(map[string]string, n)
		for range n {
			key := in.text()
			e.Meta[key] = in.text()
		}
	}
	e.Status = uint8(in.upTo(255))
	e.Reason = in.text()
	return e
}

func (o *output) backend(b *Backend) {
	o.text(b.Address)
	o.count(int(b.Verdict))
	o.count(b.Failures)
	o.count(b.OKs)
	o.count(b.Faileds)
	o.flag(b.Ramping)
	o.span(b.Healthy)
	o.span(b.Cost)
	o.span(b.CostAge)
	o.count(b.Ejections)
	if o.flag(b.Ejection != nil) {
		o.ejection(b.Ejection)
	}
}

func (in *input) backend() Backend {
	b := Backend{
		Address:   in.text(),
		Verdict:   uint8(in.upTo(255)),
		Failures:  in.small(),
		OKs:       in.small(),
		Faileds:   in.small(),
		Ramping:   in.flag(),
		Healthy:   in.span(),
		Cost:      in.span(),
		CostAge:   in.span(),
		Ejections: in.small(),
	}
	if in.flag() {
		b.Ejection = in.ejection()
	}
	return b
}

func (o *output) ejection(e *Ejection) {
	o.span(e.Age)
	o.span(e.Left)
	o.text(e.Cause)
	o.text(e.Reason)
	o.flag(e.Alone)
	o.number(uint64(e.Accuser))
}

func (in *input) ejection() *Ejection {
	return &Ejection{
		Age:     in.span(),
		Left:    in.span(),
		Cause:   in.text(),
		Reason:  in.text(),
		Alone:   in.flag(),
		Accuser: uint32(in.upTo(1<<32 - 1)),
	}
}

func (o *output) lease(l *Lease) {
	o.text(l.ID)
	o.text(l.Service)
	o.text(l.Address)
	o.number(uint64(l.UID))
	o.span(l.TTL)
	o.span(l.Left)
}

func (in *input) lease() Lease {
	return Lease{
		ID:      in.text(),
		Service: in.text(),
		Address: in.text(),
		UID:     uint32(in.upTo(1<<32 - 1)),
		TTL:     in.span(),
		Left:    in.span(),
	}
}
