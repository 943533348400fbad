package testbed

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// hostname is the default World.Address.
func hostname(service string, n int) string {
	return fmt.Sprintf("n%d.%s.test:8080", n, strings.ReplaceAll(service, "/", "."))
}

// Key is the etcd key of an instance.
func (w *World) Key(service, id string) string { return w.Prefix + service + "/" + id }

// Put registers the n-th backend of a service and returns its address; n is its id, too.
func (w *World) Put(service string, n int) string {
	w.Helper()
	address := w.Address(service, n)
	w.do(clientv3.OpPut(w.Key(service, strconv.Itoa(n)), address))
	w.believe(service, strconv.Itoa(n), address)
	return address
}

// PutValue writes a value as it is, which need not make sense.
func (w *World) PutValue(service, id, value string) {
	w.Helper()
	w.doubt(service, id)
	w.do(clientv3.OpPut(w.Key(service, id), value))
}

// PutLeased registers the n-th backend of a service on a lease that nobody keeps alive. It returns
// the address.
func (w *World) PutLeased(service string, n int) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	lease, err := w.Etcd.Client().Grant(ctx, 1)
	if err != nil {
		w.Fatalf("grant a lease: %v", err)
	}
	address := w.Address(service, n)
	w.do(clientv3.OpPut(w.Key(service, strconv.Itoa(n)), address, clientv3.WithLease(lease.ID)))
	return address
}

// Delete removes the n-th backend of a service.
func (w *World) Delete(service string, n int) {
	w.Helper()
	w.doubt(service, strconv.Itoa(n))
	w.do(clientv3.OpDelete(w.Key(service, strconv.Itoa(n))))
}

// PutMany registers the backends from to to-1 of each service, all in one revision. It returns the
// addresses by service.
func (w *World) PutMany(services []string, from, to int) map[string][]string {
	w.Helper()
	var ops []clientv3.Op
	addresses := make(map[string][]string)
	for _, service := range services {
		for n := from; n < to; n++ {
			address := w.Address(service, n)
			addresses[service] = append(addresses[service], address)
			ops = append(ops, clientv3.OpPut(w.Key(service, strconv.Itoa(n)), address))
		}
	}
	w.do(ops...)
	for _, service := range services {
		for i, address := range addresses[service] {
			w.believe(service, strconv.Itoa(from+i), address)
		}
	}
	return addresses
}

// DeleteMany removes the backends from to to-1 of each service, all in one revision.
func (w *World) DeleteMany(services []string, from, to int) {
	w.Helper()
	var ops []clientv3.Op
	for _, service := range services {
		for n := from; n < to; n++ {
			w.doubt(service, strconv.Itoa(n))
			ops = append(ops, clientv3.OpDelete(w.Key(service, strconv.Itoa(n))))
		}
	}
	w.do(ops...)
}

// Compact forgets all revisions before the current one.
func (w *World) Compact() {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	client := w.Etcd.Client()
	now, err := client.Get(ctx, w.Prefix)
	if err != nil {
		w.Fatalf("compact etcd: %v", err)
	}
	if _, err := client.Compact(ctx, now.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
		w.Fatalf("compact etcd: %v", err)
	}
}

// AwaitGone returns once the n-th backend of a service is no longer in etcd.
func (w *World) AwaitGone(service string, n int) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	client, key := w.Etcd.Client(), w.Key(service, strconv.Itoa(n))
	now, err := client.Get(ctx, key)
	if err != nil {
		w.Fatalf("wait for the end of %s: %v", key, err)
	}
	if len(now.Kvs) == 0 {
		return
	}
	for response := range client.Watch(ctx, key, clientv3.WithRev(now.Header.Revision+1)) {
		for _, event := range response.Events {
			if event.Type == clientv3.EventTypeDelete {
				return
			}
		}
	}
	w.Fatalf("wait for the end of %s: the watch ended: %v", key, ctx.Err())
}

// StayQuiet changes nothing for as long as Quiet says. A watcher that is content lists nothing meanwhile; one that
// counts etcd as lost, and it is not, shows by listing again, and fails the test.
func (w *World) StayQuiet() {
	w.Helper()
	const ranges = "etcd_mvcc_range_total"
	member := w.Etcd.Members[0]
	before := member.Metric(w, ranges)
	select {
	case <-time.After(w.Quiet):
	case <-w.Context().Done():
		return
	}
	if now := member.Metric(w, ranges); now != before {
		w.Errorf("nothing happened for %v and etcd was read %v times, want none", w.Quiet, now-before)
	}
}

// do runs operations in one transaction. It tries again, by way of the next member, while the cluster
// elects a leader or a member does not answer.
func (w *World) do(ops ...clientv3.Op) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	client := w.Etcd.Client()
	for {
		err := tryTxn(ctx, client, ops)
		if err == nil {
			return
		}
		if ctx.Err() != nil || !passing(err) {
			w.Fatalf("write to etcd: %v", err)
		}
	}
}

func tryTxn(ctx context.Context, client *clientv3.Client, ops []clientv3.Op) error {
	ctx, cancel := context.WithTimeout(ctx, guard/20)
	defer cancel()
	_, err := client.Txn(ctx).Then(ops...).Commit()
	return err
}
