package discovery_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
)

// folder is a catalog in a folder: a file for each service, with an address on each line.
type folder struct {
	path  string
	every time.Duration
}

var _ discovery.Provider = (*folder)(nil)

// Watch reads the service's file again and again. It returns every error and leaves the retry, with
// its backoff, to the Catalog.
func (f *folder) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	for {
		snapshot, err := f.read(q)
		if err != nil {
			return fmt.Errorf("watch service %q: %w", q.Name, err)
		}
		sink.Publish(snapshot)
		if err := discovery.Sleep(ctx, f.every); err != nil {
			return err
		}
	}
}

func (f *folder) read(q discovery.Query) (discovery.Snapshot, error) {
	data, err := os.ReadFile(filepath.Join(f.path, filepath.Base(q.Name)))
	if os.IsNotExist(err) {
		return discovery.Snapshot{}, nil // this catalog says so: there is no such service
	}
	if err != nil {
		return discovery.Snapshot{}, err // not known, which is no snapshot
	}
	var raw []discovery.Endpoint
	for line := range bytes.Lines(data) {
		address := string(bytes.TrimSpace(line))
		raw = append(raw, discovery.Endpoint{Address: address, Weight: discovery.DefaultWeight})
	}
	return discovery.Clean(raw), nil
}

// printer is a Consumer that prints what it is told, and says when the first update was there.
type printer struct{ first chan struct{} }

func (p printer) Apply(u discovery.Update) {
	fmt.Println("apply", u.Service, "from", u.Sources)
	for _, e := range u.Endpoints {
		fmt.Println("    ", e.Address)
	}
	close(p.first)
}

func (p printer) Drop(service string) { fmt.Println("drop", service) }

// A provider and a consumer, and the Catalog between them.
func ExampleCatalog() {
	path, err := os.MkdirTemp("", "catalog")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(path)
	lines := []byte("10.0.0.1:80\n10.0.0.2:99999\nWEB.local:80\n") // the second makes no sense
	if err := os.WriteFile(filepath.Join(path, "web"), lines, 0o600); err != nil {
		panic(err)
	}

	consumer := printer{first: make(chan struct{})}
	catalog := discovery.NewCatalog(hclog.NewNullLogger(), consumer)
	err = catalog.Configure(discovery.Plan{
		Providers: []discovery.ProviderPlan{
			{Name: "files", Type: "folder", Provider: &folder{path, time.Hour}, Services: []string{"*"}},
		},
	})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- catalog.Run(ctx) }()

	answer, _ := catalog.Wait(ctx, "web") // on demand: asking begins the watch
	<-consumer.first
	fmt.Println("web is", answer, "and has dropped", catalog.Status()[0].Dropped)
	cancel()
	<-done

	// Output:
	// apply web from [files]
	//      10.0.0.1:80
	//      web.local:80
	// web is ready and has dropped 1
}
