package etcd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/remora-agent/remora/internal/testbed"
)

// start starts an etcd and a provider that watches it.
func start(t *testing.T, scenario testbed.Scenario, adapt func(*Config)) (*testbed.World, *watching) {
	t.Helper()
	world := scenario.Start(t)
	config := impatient(world)
	if adapt != nil {
		adapt(&config)
	}
	w := startProvider(t, config)
	world.Watcher = w
	return world, w
}

func TestOneRevisionIsOneChange(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{}, nil)
	services := []string{"a", "b", "c"}
	for _, service := range services {
		w.Expect(service)
	}
	added := world.PutMany(services, 0, 40)
	for _, service := range services {
		w.Expect(service, added[service]...)
	}
	world.DeleteMany(services, 0, 40)
	for _, service := range services {
		w.Expect(service)
		if got := w.sink(service).published(); got != 3 {
			t.Errorf("service %q was published %d times, want 3: empty, 40 addresses, empty", service, got)
		}
	}
}

// TestFragmentedRevisionIsOneChange has etcd send one revision of several megabytes, which arrives in
// fragments. No transaction may bring that much, but one that touches what is stored already may.
func TestFragmentedRevisionIsOneChange(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{}, nil)
	const keys = 120
	var touch []clientv3.Op
	var want []string
	var lost []*mvccpb.Event
	for n := range keys {
		address := world.Address("web", n)
		id := fmt.Sprintf("%03d", n)
		world.PutValue("web", id, fmt.Sprintf(`{"Addr":%q,"Metadata":{"pad":%q}}`, address, strings.Repeat("x", 40<<10)))
		want = append(want, address)
		touch = append(touch, clientv3.OpPut(world.Key("web", id), "", clientv3.WithIgnoreValue()))
		lost = append(lost, &mvccpb.Event{
			Type: mvccpb.Event_DELETE,
			Kv:   &mvccpb.KeyValue{Key: []byte(world.Key("web", id)), ModRevision: math.MaxInt64},
		})
	}
	w.Expect("web", want...)
	w.mirror.apply(lost, 0) // so that it shows when the keys come again
	w.Expect("web")
	before := w.sink("web").published()
	if _, err := world.Etcd.Client().Txn(t.Context()).Then(touch...).Commit(); err != nil {
		t.Fatal(err)
	}
	w.Expect("web", want...)
	if got := w.sink("web").published() - before; got != 1 {
		t.Errorf("one revision was published as %d changes", got)
	}
}

func TestEmptyIsNotUnknown(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{Proxied: true}, nil)
	w.Expect("none") // an empty list was published
	world.Proxy.Cut()
	w.ExpectStale("none", true)

	fresh := startProvider(t, impatient(world))
	fresh.ExpectStale("web", true)
	if got := fresh.sink("web").published(); got != 0 {
		t.Errorf("a provider that never reached etcd published %d snapshots", got)
	}
	if status := fresh.Status(); status.Err == nil || !status.Heard.IsZero() {
		t.Errorf("its status is %+v, want an error and no answer", status)
	}
	lost, _ := w.LastAnswer()
	w.Expect("another") // what was known when etcd was lost serves new watches
	if last, _ := w.sink("another").last(); !last.At.Equal(lost) || last.Err == nil {
		t.Errorf("what was known then is published as of %v with %v, want %v and an error", last.At, last.Err, lost)
	}
	w.ExpectStale("another", true)
	world.Proxy.Resume(t)
	fresh.Expect("web")
	fresh.ExpectStale("web", false)
}

func TestQuietServiceStaysFresh(t *testing.T) {
	t.Parallel()
	_, w := start(t, testbed.Scenario{}, func(c *Config) { c.ProgressEvery = 20 * time.Millisecond })
	sink := w.sink("quiet")
	sink.awaitAnswers(t, 5)
	if got := sink.published(); got != 1 {
		t.Errorf("nothing changed and %d snapshots were published, want 1", got)
	}
	if status := w.Status(); status.Err != nil || status.Heard.IsZero() {
		t.Errorf("the status is %+v, want an answer and no error", status)
	}
}

func TestListsInPages(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/services/", "s/", ""} {
		t.Run(prefix, func(t *testing.T) {
			t.Parallel()
			world := testbed.Scenario{}.Start(t)
			world.Prefix = prefix
			services := []string{"a", "a/b", "b"}
			added := world.PutMany(services, 0, 35)
			config := impatient(world)
			config.PageSize = 10
			w := startProvider(t, config)
			for _, service := range services {
				w.Expect(service, added[service]...)
			}
			world.Delete("a/b", 7)
			w.Expect("a/b", slices.Delete(added["a/b"], 7, 8)...)
		})
	}
}

func TestRelistRepairs(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{}, func(c *Config) { c.RelistEvery = 100 * time.Millisecond })
	address := world.Put("web", 1)
	w.Expect("web", address)
	ghost := &mvccpb.KeyValue{Key: []byte(world.Key("web", "2")), Value: []byte("ghost:1"), ModRevision: math.MaxInt64}
	w.mirror.apply([]*mvccpb.Event{{Kv: ghost}}, 0) // as if its deletion had been lost
	sink := w.sink("web")
	sink.awaitAnswers(t, 5)
	w.Expect("web", address)
	before := sink.published()
	sink.awaitAnswers(t, 5)
	if got := sink.published(); got != before {
		t.Errorf("lists that brought nothing new were published %d times", got-before)
	}
}

// TestRevisionGoesBack replaces the cluster by one whose history is shorter, as after a restore from a
// backup. A watch from the old revision would be silent there for a long time.
func TestRevisionGoesBack(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{Proxied: true}, nil)
	for range 50 {
		world.Put("web", 1)
	}
	w.Expect("web", world.Address("web", 1))
	restored := testbed.Scenario{}.Start(t)
	address := restored.Put("web", 2)
	world.Proxy.Retarget(restored.Etcd.Members[0].Address())
	world.Proxy.Drop()
	w.Expect("web", address)
	w.ExpectStale("web", false)
}

func TestList(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	lists, done := make(chan []string, 100), make(chan error, 1)
	go func() { done <- w.List(ctx, func(names []string) { lists <- names }) }()
	expect := func(want ...string) {
		t.Helper()
		timeout := time.After(guard)
		for {
			select {
			case names := <-lists:
				if slices.Equal(names, want) {
					return
				}
			case <-timeout:
				t.Fatalf("waited too long for the names %q", want)
			}
		}
	}
	expect()
	world.Put("b", 1)
	expect("b")
	world.PutMany([]string{"c", "a/x"}, 0, 3)
	expect("a/x", "b", "c")
	world.Put("b", 2)
	world.PutValue("b", "3", "nonsense")
	world.Delete("b", 1)
	world.DeleteMany([]string{"a/x"}, 0, 3)
	expect("b", "c")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("List returned %v, want the context's error", err)
	}
	if len(lists) > 0 {
		t.Errorf("names were published although no service came or went: %q", <-lists)
	}
}

func TestWrongPasswordThenRight(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/password"
	if err := os.WriteFile(file, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	world, w := start(t, testbed.Scenario{Token: time.Second}, func(c *Config) { c.Password, c.PasswordFile = "", file })
	address := world.Put("web", 1)
	w.ExpectStale("web", true)
	if err := w.Status().Err; err == nil || !strings.Contains(err.Error(), "authentication failed") {
		t.Errorf("the error is %v, want that authentication failed", err)
	}
	if err := os.WriteFile(file, []byte(world.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Expect("web", address)
}

// TestRenewedCertificate starts with a certificate that etcd does not trust, and replaces the files.
func TestRenewedCertificate(t *testing.T) {
	t.Parallel()
	stranger := testbed.NewCA(t).Issue(t, "agent")
	world, w := start(t, testbed.Scenario{MTLS: true}, func(c *Config) {
		c.TLS.CertFile, c.TLS.KeyFile = stranger.CertFile, stranger.KeyFile
	})
	w.ExpectStale("web", true)
	for from, to := range map[string]string{
		world.Pair.CertFile: stranger.CertFile,
		world.Pair.KeyFile:  stranger.KeyFile,
	} {
		pem, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.Expect("web", world.Put("web", 1))
	w.ExpectStale("web", false)
}
