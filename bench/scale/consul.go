package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/internal/testbed"
)

// overHTTPS is how many services an agent can watch without taking turns, and overHTTP is beyond what
// it may have connections for.
const (
	overHTTPS = "Consul, HTTPS"
	overHTTP  = "Consul, HTTP"
)

// inConsul measures with a real Consul, over each way to ask it.
func (b *bench) inConsul(ctx context.Context, s size) error {
	if _, err := os.Stat(b.consul); err != nil {
		b.left = append(b.left, "Consul: not installed")
		return nil
	}
	return testbed.Run(ctx, "scale", func(t testing.TB) {
		ca := testbed.NewCA(t)
		server := testbed.StartConsul(t, testbed.ConsulConfig{CA: ca}).Servers[0]
		pair := ca.Issue(t, "client")
		catalog := &consulCatalog{
			client: server.Client(),
			blocks: map[string]string{
				overHTTP: fmt.Sprintf("  address = %q\n", "http://"+server.HTTP()),
				overHTTPS: fmt.Sprintf("  address = %q\n  tls {\n    ca_file = %q\n    cert_file = %q\n    key_file = %q\n  }\n",
					"https://"+server.HTTPS(), ca.File, pair.CertFile, pair.KeyFile),
			},
		}
		if err := catalog.load(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for _, way := range []string{overHTTPS, overHTTP} {
			catalog.way, catalog.changes = way, newChanges(s)
			if err := b.measure(t.Context(), catalog, s); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// consulCatalog is the catalog of a Consul, asked in one of two ways.
type consulCatalog struct {
	client  *api.Client
	blocks  map[string]string // the settings of a provider, by way
	way     string
	changes *changes
}

func (c *consulCatalog) name() string      { return c.way }
func (c *consulCatalog) control() []string { return nil }

// rates are none where services take turns: a change is then seen seconds later, with others.
func (c *consulCatalog) rates() []int {
	if c.way == overHTTP {
		return nil
	}
	return []int{100}
}

func (c *consulCatalog) provider() string {
	return "provider \"consul\" \"main\" {\n" + c.blocks[c.way] + "  services = [\"service-*\"]\n  import = \"all\"\n}\n"
}

// node is one without a Consul agent: what is registered there is in the catalog at once.
const node = "external"

// consulOps is how many operations Consul accepts in one transaction.
const consulOps = 64

func (c *consulCatalog) load(ctx context.Context, s size) error {
	ops := api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: api.Node{Node: node, Address: "10.0.0.1"}}}}
	for n := range s.all() {
		ops = append(ops, &api.TxnOp{Service: &api.ServiceTxnOp{
			Verb: api.ServiceSet, Node: node, Service: *instance(n/s.backends, n%s.backends, usualWeight),
		}})
		if len(ops) < consulOps && n < s.all()-1 {
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

func instance(service, backend, weight int) *api.AgentService {
	host, _, _ := strings.Cut(address(service, backend), ":")
	return &api.AgentService{
		ID:      instanceID(service, backend),
		Service: serviceName(service),
		Address: host,
		Port:    8080,
		Meta:    map[string]string{"zone": zones[backend%len(zones)]},
		Weights: api.AgentWeights{Passing: weight, Warning: 1},
	}
}

func instanceID(service, backend int) string {
	return fmt.Sprintf("%s-%03d", serviceName(service), backend)
}

func (c *consulCatalog) draw() func(context.Context) error {
	service, backend, s := c.changes.next()
	return func(ctx context.Context) (err error) {
		options := (&api.WriteOptions{}).WithContext(ctx)
		if s.gone {
			_, err = c.client.Catalog().Deregister(&api.CatalogDeregistration{Node: node, ServiceID: instanceID(service, backend)}, options)
		} else {
			_, err = c.client.Catalog().Register(&api.CatalogRegistration{
				Node: node, Address: "10.0.0.1", Service: instance(service, backend, s.weight),
			}, options)
		}
		return err
	}
}
