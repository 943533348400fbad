package main

import (
	"context"
	"os/signal"
	"syscall"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// watchArgument makes this program the bare watcher of a prefix of an etcd.
const watchArgument = "-watch-bare"

// watchBare follows a prefix as an agent has to and keeps nothing of it, until it is told to end.
func watchBare(endpoint, prefix string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	client, err := clientv3.New(clientv3.Config{Context: ctx, Endpoints: []string{endpoint}, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	for range client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithFragment()) {
	}
	return nil
}
