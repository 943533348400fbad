package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/bench/process"
)

// opsPerTxn is how many keys are written at once; etcd is started with a limit that admits it.
const opsPerTxn = 1000

// patience bounds every wait for a server.
const patience = 5 * time.Minute

// etcd is a real etcd server with a client.
type etcd struct {
	process  *process.Process
	endpoint string
	client   *clientv3.Client
}

func (b *bench) inEtcd(ctx context.Context, sizes []size) error {
	if _, err := os.Stat(b.etcd); errors.Is(err, os.ErrNotExist) {
		b.left = append(b.left, "etcd: not installed")
		return nil
	}
	server, err := b.startEtcd(ctx)
	if err != nil {
		return err
	}
	defer server.stop()
	for _, s := range sizes {
		prefix := fmt.Sprintf("/%dx%d/", s.services, s.backends)
		if err := server.load(ctx, prefix, s); err != nil {
			return err
		}
		registry := etcdCatalog{server, prefix, newChanges(s)}
		if err := b.measure(ctx, registry, s); err != nil {
			return fmt.Errorf("measure %s: %w", s, err)
		}
	}
	return nil
}

func (b *bench) startEtcd(ctx context.Context) (*etcd, error) {
	addresses, err := process.FreeAddresses(2)
	if err != nil {
		return nil, err
	}
	client, peer := "http://"+addresses[0], "http://"+addresses[1]
	p, err := process.Start(ctx, "etcd", b.etcd,
		"--data-dir", filepath.Join(b.folder, "etcd"), "--log-level", "fatal",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer,
		"--max-txn-ops", fmt.Sprint(opsPerTxn), "--quota-backend-bytes", fmt.Sprint(4<<30), "--unsafe-no-fsync")
	if err != nil {
		return nil, err
	}
	e := &etcd{process: p, endpoint: client}
	e.client, err = clientv3.New(clientv3.Config{Endpoints: []string{client}, Logger: zap.NewNop()})
	if err == nil {
		err = process.Until(ctx, patience, func(ctx context.Context) error {
			_, err := e.client.Get(ctx, "ready")
			return err
		})
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return e, nil
}

func (e *etcd) stop() {
	_ = e.client.Close()
	e.process.Stop()
}

func key(prefix string, service, backend int) string {
	return fmt.Sprintf("%s%s/backend-%03d", prefix, serviceName(service), backend)
}

// load fills a prefix with a catalog.
func (e *etcd) load(ctx context.Context, prefix string, s size) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for from := 0; from < s.all(); from += opsPerTxn {
		group.Go(func() error {
			ops := make([]clientv3.Op, 0, opsPerTxn)
			for n := from; n < min(from+opsPerTxn, s.all()); n++ {
				service, backend := n/s.backends, n%s.backends
				ops = append(ops, clientv3.OpPut(key(prefix, service, backend), value(service, backend, state{weight: usualWeight})))
			}
			return process.Until(ctx, patience, func(ctx context.Context) error { // it may be behind
				_, err := e.client.Txn(ctx).Then(ops...).Commit()
				return err
			})
		})
	}
	return group.Wait()
}

// etcdCatalog is a catalog under one prefix of an etcd.
type etcdCatalog struct {
	*etcd
	prefix  string
	changes *changes
}

func (c etcdCatalog) name() string { return "etcd" }
func (c etcdCatalog) rates() []int { return []int{100, 1000} }

func (c etcdCatalog) provider() string {
	return fmt.Sprintf("provider \"etcd\" \"main\" {\n  endpoints = [%q]\n  prefix = %q\n  services = [\"*\"]\n  import = \"all\"\n}\n",
		c.endpoint, c.prefix)
}

func (c etcdCatalog) control() []string { return []string{watchArgument, c.endpoint, c.prefix} }

func (c etcdCatalog) draw() func(context.Context) error {
	service, backend, s := c.changes.next()
	k := key(c.prefix, service, backend)
	if s.gone {
		return func(ctx context.Context) error {
			_, err := c.client.Delete(ctx, k)
			return err
		}
	}
	v := value(service, backend, s)
	return func(ctx context.Context) error {
		_, err := c.client.Put(ctx, k, v)
		return err
	}
}
