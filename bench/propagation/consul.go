package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/internal/testbed"
)

type consul struct {
	client *api.Client
	watch  plan // of a bare client
}

func startConsul(t testing.TB) catalog {
	server := testbed.StartConsul(t, testbed.ConsulConfig{}).Servers[0]
	return newConsul(t, plan{Kind: kindConsul, Address: server.HTTP()})
}

func startConsulTLS(t testing.TB) catalog {
	ca := testbed.NewCA(t)
	server := testbed.StartConsul(t, testbed.ConsulConfig{CA: ca}).Servers[0]
	pair := ca.Issue(t, "client")
	return newConsul(t, plan{
		Kind: kindConsul, Address: server.HTTPS(),
		CAFile: ca.File, CertFile: pair.CertFile, KeyFile: pair.KeyFile,
	})
}

func newConsul(t testing.TB, watch plan) consul {
	client, err := watch.consul()
	check(t, "make a client of consul", err)
	return consul{client, watch}
}

// consul is a client as the library makes it by itself.
func (p plan) consul() (*api.Client, error) {
	config := api.DefaultConfig()
	config.Address = p.Address
	if p.CAFile != "" {
		config.Scheme = "https"
		config.TLSConfig = api.TLSConfig{CAFile: p.CAFile, CertFile: p.CertFile, KeyFile: p.KeyFile}
	}
	return api.NewClient(config)
}

// node is one without an agent: what is registered there is in the catalog once that is acknowledged,
// where a Consul agent acknowledges first and tells the catalog then.
const node = "external"

// fill writes transactions, of which Consul accepts 64 operations at most.
func (c consul) fill(ctx context.Context, services []string) error {
	ops := api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: api.Node{Node: node, Address: "10.0.0.1"}}}}
	for i, service := range services {
		ops = append(ops, &api.TxnOp{Service: &api.ServiceTxnOp{Verb: api.ServiceSet, Node: node, Service: *instance(service, addressOf(i, 0))}})
		if len(ops) < 64 && i < len(services)-1 {
			continue
		}
		ok, response, _, err := c.client.Txn().Txn(ops, (&api.QueryOptions{}).WithContext(ctx))
		if err != nil || !ok {
			return fmt.Errorf("write a transaction: %w, %+v", err, response)
		}
		ops = nil
	}
	return nil
}

func (c consul) put(ctx context.Context, service, address string) error {
	_, err := c.client.Catalog().Register(&api.CatalogRegistration{
		Node: node, Address: "10.0.0.1", Service: instance(service, address),
	}, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

func instance(service, address string) *api.AgentService {
	host, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	return &api.AgentService{ID: service, Service: service, Address: host, Port: port}
}

func (c consul) provider() string {
	var block strings.Builder
	scheme := "http"
	if c.watch.CAFile != "" {
		scheme = "https"
	}
	fmt.Fprintf(&block, "provider \"consul\" \"catalog\" {\n  address = \"%s://%s\"\n", scheme, c.watch.Address)
	if c.watch.CAFile != "" {
		fmt.Fprintf(&block, "  tls {\n    ca_file = %q\n    cert_file = %q\n    key_file = %q\n  }\n", c.watch.CAFile, c.watch.CertFile, c.watch.KeyFile)
	}
	return block.String()
}

func (c consul) bare(services []string) plan {
	p := c.watch
	p.Services = services
	return p
}

// watchConsul is the bare client: a loop of blocking queries for each service, as Consul's documentation
// has it.
func watchConsul(ctx context.Context, p plan, saw func(service, address string)) error {
	client, err := p.consul()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range p.Services {
		group.Go(func() error {
			options := (&api.QueryOptions{}).WithContext(ctx)
			for {
				entries, meta, err := client.Health().Service(service, "", false, options)
				if err != nil {
					return err
				}
				for _, entry := range entries {
					saw(service, net.JoinHostPort(entry.Service.Address, strconv.Itoa(entry.Service.Port)))
				}
				if meta.LastIndex < options.WaitIndex {
					meta.LastIndex = 0
				}
				options.WaitIndex = meta.LastIndex
			}
		})
	}
	return group.Wait()
}
