package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/remora-agent/remora/internal/testbed"
)

const prefix = "/services/"

type etcd struct {
	server *testbed.Etcd
	client *clientv3.Client
}

func startEtcd(t testing.TB) catalog {
	e := etcd{server: testbed.StartEtcd(t, testbed.EtcdConfig{})}
	e.client = e.server.Client()
	return e
}

func (e etcd) fill(ctx context.Context, services []string) error {
	for i, service := range services {
		if err := e.put(ctx, service, addressOf(i, 0)); err != nil {
			return err
		}
	}
	return nil
}

func (e etcd) put(ctx context.Context, service, address string) error {
	_, err := e.client.Put(ctx, prefix+service+"/0", address)
	return err
}

func (e etcd) provider() string {
	return fmt.Sprintf("provider \"etcd\" \"catalog\" {\n  endpoints = [%q]\n  prefix = %q\n", e.server.Endpoints()[0], prefix)
}

func (e etcd) bare([]string) plan { return plan{Kind: kindEtcd, Address: e.server.Endpoints()[0]} }

// watchEtcd is the bare client: it lists the prefix and watches from there.
func watchEtcd(ctx context.Context, p plan, saw func(service, address string)) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{p.Address}, DialTimeout: time.Minute, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	list, err := client.Get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return err
	}
	tell := func(key, address []byte) {
		service, _, _ := strings.Cut(strings.TrimPrefix(string(key), prefix), "/")
		saw(service, string(address))
	}
	for _, kv := range list.Kvs {
		tell(kv.Key, kv.Value)
	}
	for response := range client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(list.Header.Revision+1)) {
		if err := response.Err(); err != nil {
			return err
		}
		for _, event := range response.Events {
			tell(event.Kv.Key, event.Kv.Value)
		}
	}
	return ctx.Err()
}
