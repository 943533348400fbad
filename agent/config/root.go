package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// root reads the files as one. What others refer to or inherit from is read before them.
func (w *walk) root(files []*file) {
	settings.fill(w.config)
	checks.fill(&w.check)
	balance.fill(&w.config.Defaults.Balance)
	outliers.fill(&w.outlier)
	w.config.Defaults.Strategy = w.loader.strategies()[0]

	blocks := make(map[string]hcl.Blocks)
	for _, f := range files {
		s := read(w, section{what: "the configuration"}, f.body, settings.in(""), rootBlocks, w.config, nil)
		for _, name := range slices.Sorted(maps.Keys(s.attrs)) {
			w.once(w.seen, name, s.attrs[name].NameRange)
		}
		for _, b := range s.blocks {
			blocks[b.Type] = append(blocks[b.Type], b)
		}
	}
	for _, step := range []struct {
		kind string
		read func(*hcl.Block)
	}{
		{"api", w.api},
		{"telemetry", w.plain},
		{"locality", w.plain},
		{"health", w.plain},
		{"defaults", w.defaults},
		{"provider", w.provider},
		{"service", w.service},
	} {
		for _, b := range blocks[step.kind] {
			step.read(b)
		}
	}
}

// single reads a block of the top level that has no label and may stand there once.
func (w *walk) single(b *hcl.Block) section {
	s := begin(b.Type, b)
	w.once(w.seen, s.what, s.head)
	return read(w, s, b.Body, settings.in(b.Type), nil, w.config, nil)
}

func (w *walk) plain(b *hcl.Block) { w.single(b) }

func (w *walk) api(b *hcl.Block) {
	s := w.single(b)
	api := &w.config.API
	if api.AdminSocket != "" && api.AdminSocket == api.Socket {
		w.fault(s.at("admin_socket"), fmt.Sprintf("api.admin_socket can't be %q", api.AdminSocket),
			"Not allowed: it is api.socket too. Allowed: another path.")
	}
	if api.Group == "" {
		return
	}
	if err := w.loader.lookupGroup(api.Group); err != nil {
		w.refuse(s.at("group"), "api.group", strconv.Quote(api.Group), nil,
			"the name or the id of a group of users on this host", err)
	}
}

func (w *walk) defaults(b *hcl.Block) {
	s, d := begin(b.Type, b), &w.config.Defaults
	w.once(w.seen, s.what, s.head)
	s = read(w, s, b.Body, w.balance(), defaultsBlocks, &d.Balance, nil)
	seen := make(places)
	for _, b := range s.blocks {
		switch b.Type {
		case "health_check":
			w.healthCheck(seen, s, b, &w.check)
			w.probed = true
		case outlierBlock:
			w.outliers(seen, s, b, &w.outlier)
		default:
			w.policy(seen, s, b, &d.Balance)
		}
	}
	if w.probed {
		d.HealthCheck = w.check.effective()
	}
	d.Outliers = w.outlier.effective()
	w.affinity(s, d.Balance)
}
