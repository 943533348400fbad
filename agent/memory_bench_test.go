package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/state"
)

// BenchmarkRestart is an agent that finds 100,000 backends in its file while its etcd is away: how long it
// takes until the first select is answered, and how long to write it all again.
func BenchmarkRestart(b *testing.B) {
	const services, each = 10_000, 10
	folder := shortFolder(b)
	hcl := kept + "provider \"etcd\" \"main\" {\n  endpoints = [\"http://127.0.0.1:1\"]\n  prefix = \"/services/\"\n  services = [\"*\"]\n  import = \"all\"\n}\n"
	writeState(b, filepath.Join(folder, "data"), services, each)
	for b.Loop() {
		began := time.Now()
		r := startIn(b, folder, hcl)
		s, err := r.Select(b.Context(), fmt.Sprintf("service-%d", services-1))
		if err != nil || !s.Stale {
			b.Fatalf("the first select gave %+v, %v", s, err)
		}
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-first-answer")
		began = time.Now()
		r.check(r.stop()) // which writes
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-stop")
		r.Close()
	}
}

// writeState makes a file of services as an etcd has them.
func writeState(b *testing.B, path string, services, each int) {
	b.Helper()
	folder, err := state.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	keeper := state.NewKeeper(state.Options{Folder: folder, Index: func() uint64 { return 1 }, Gather: func(w *state.Writer) {
		for i := range services {
			source := state.Source{Provider: "main", Identity: "etcd /services/"}
			for j := range each {
				source.Endpoints = append(source.Endpoints, state.Endpoint{
					Address: fmt.Sprintf("10.%d.%d.%d:8080", i>>8, i&255, j),
					ID:      fmt.Sprintf("%d-%d", i, j),
					Weight:  10,
					Zone:    "a",
					Tags:    []string{"v2"},
				})
			}
			w.Service(&state.Service{Name: fmt.Sprintf("service-%d", i), Sources: []state.Source{source}})
		}
	}})
	ctx, cancel := context.WithCancel(b.Context())
	cancel() // it writes at its end
	if err := keeper.Run(ctx); err != nil {
		b.Fatal(err)
	}
}
