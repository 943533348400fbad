package hashing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
)

// walk returns the hosts of the first n points from that of a key.
func (k *Ketama) walk(key string, n int) []uint32 {
	found := make([]uint32, n)
	start := k.first(uint32(k.Hash(key)))
	for i := range found {
		found[i] = k.points[(start+i)%len(k.points)].host
	}
	return found
}

// pingora is the file of values.
type pingora struct {
	twoNodes                 map[string]int
	tenNodes                 map[string]string
	walk, walkIPv6           []int
	threeHosts, withoutThird []string
}

func readPingora(t *testing.T) pingora {
	t.Helper()
	vectors := read[map[string]json.RawMessage](t, "ketama_small_pingora.json")
	var p pingora
	for name, into := range map[string]any{
		"two_nodes_7777_7778":                          &p.twoNodes,
		"ten_nodes_127.0.0.{1..10}:6443":               &p.tenNodes,
		"iter_doghash_7777_7778_7779":                  &p.walk,
		"iter_doghash_ipv6":                            &p.walkIPv6,
		"lb_consistent_{1.1.1.1,1.0.0.1,1.0.0.255}:80": &p.threeHosts,
		"lb_consistent_without_1.0.0.255":              &p.withoutThird,
	} {
		if err := json.Unmarshal(vectors[name], into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return p
}

func TestKetamaOfPingora(t *testing.T) {
	vectors := readPingora(t)
	owner := func(k *Ketama, hosts []Host, key string) string {
		host, _ := k.Lookup(k.Hash(key), nil)
		return hosts[host].Address
	}

	if len(vectors.twoNodes) == 0 || len(vectors.walk) == 0 || len(vectors.walkIPv6) == 0 {
		t.Error("no values")
	}
	two := hostsAt(7777, 7778)
	for key, port := range vectors.twoNodes {
		if got, want := owner(NewKetama(two), two, key), "127.0.0.1:"+strconv.Itoa(port); got != want {
			t.Errorf("of two nodes %s has %s, want %s", got, key, want)
		}
	}

	for _, n := range []int{10, 11} { // "same after adding .11"
		hosts := make([]Host, n)
		for i := range hosts {
			hosts[i] = Host{fmt.Sprintf("127.0.0.%d:6443", i+1), 1}
		}
		for _, key := range []string{"a", "b"} {
			if got := owner(NewKetama(hosts), hosts, key); got != vectors.tenNodes[key] {
				t.Errorf("of %d nodes %s has %s, want %s", n, got, key, vectors.tenNodes[key])
			}
		}
	}

	for i := range 10 {
		key := fmt.Sprintf("test%d", i)
		three := listed([]string{"1.1.1.1:80", "1.0.0.1:80", "1.0.0.255:80"}, nil)
		k := NewKetama(three)
		if got, want := owner(k, three, key), vectors.threeHosts[i]+":80"; got != want {
			t.Errorf("of three hosts %s has %s, want %s", got, key, want)
		}
		if got, want := owner(NewKetama(three[:2]), three, key), vectors.withoutThird[i]+":80"; got != want {
			t.Errorf("of the two that are left %s has %s, want %s", got, key, want)
		}
		if got, _ := k.Lookup(k.Hash(key), without(3, 2)); three[got].Address != vectors.withoutThird[i]+":80" {
			t.Errorf("with the third not eligible %s has %s, want %s", three[got].Address, key, vectors.withoutThird[i])
		}
	}
}

func TestKetamaWalksAsPingora(t *testing.T) {
	vectors := readPingora(t)
	tests := []struct {
		name  string
		hosts []string
		want  []int
	}{
		{"IPv4", []string{"127.0.0.1:7777", "127.0.0.1:7778", "127.0.0.1:7779"}, vectors.walk},
		{"IPv6", []string{"[::1]:7777", "[::1]:7778", "[::1]:7779"}, vectors.walkIPv6},
	}
	for _, test := range tests {
		var got []int
		for _, host := range NewKetama(listed(test.hosts, nil)).walk("doghash", len(test.want)) {
			got = append(got, 7777+int(host))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: doghash walks over %v, want %v", test.name, got, test.want)
		}
	}
}

func TestSplitHostPort(t *testing.T) {
	tests := []struct{ address, host, port string }{
		{"10.0.0.1:80", "10.0.0.1", "80"},
		{"web.example:8080", "web.example", "8080"},
		{"[2001:db8::1]:443", "2001:db8::1", "443"},
		{"web-1", "web-1", ""},
		{"10", "10", ""},
		{"web:http", "web:http", ""},
		{":80", "", "80"},
		{"", "", ""},
	}
	for _, test := range tests {
		if host, port := splitHostPort(test.address); host != test.host || port != test.port {
			t.Errorf("%q is split into %q and %q, want %q and %q", test.address, host, port, test.host, test.port)
		}
	}
}

func TestKetamaCounts(t *testing.T) {
	tests := []struct {
		name    string
		weights []uint32
		most    uint64
		want    []uint32
	}{
		{"160 for each unit", []uint32{1, 3}, maxKetamaPoints, []uint32{160, 480}},
		{"common factors stay", []uint32{2, 2}, maxKetamaPoints, []uint32{320, 320}},
		{"just fits", []uint32{1, 3}, 640, []uint32{160, 480}},
		{"shared out", []uint32{2, 3}, 500, []uint32{200, 300}},
		{"at least one", []uint32{1, 999}, 500, []uint32{1, 499}},
		{"the largest weights", []uint32{1 << 31, 1 << 31}, maxKetamaPoints, []uint32{maxKetamaPoints / 2, maxKetamaPoints / 2}},
		{"nobody", nil, maxKetamaPoints, []uint32{}},
	}
	for _, test := range tests {
		members := make([]member, len(test.weights))
		for i, w := range test.weights {
			members[i].weight = w
		}
		if got := ketamaCounts(members, test.most); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v points, want %v", test.name, got, test.want)
		}
	}
}

// TestKetamaTwins gives two hosts the same CRC-32, so that they hash to the same points: the first has
// all of them, and the second is found all the same when it is the only one eligible.
func TestKetamaTwins(t *testing.T) {
	twins := collidingAddresses(t)
	for _, hosts := range [][]Host{{{twins[0], 1}, {twins[1], 1}}, {{twins[1], 1}, {twins[0], 1}}} {
		k := NewKetama(hosts)
		if len(k.points) != ketamaPoints {
			t.Fatalf("%v have %d points, want %d", twins, len(k.points), ketamaPoints)
		}
		for i := range uint32(2) {
			eligible := NewSet(2)
			eligible.Add(i)
			if got, ok := k.Lookup(k.Hash("key"), eligible); !ok || got != i {
				t.Errorf("only %s is eligible: host %d %v", hosts[i].Address, got, ok)
			}
		}
		first := slices.IndexFunc(hosts, func(h Host) bool { return h.Address == min(twins[0], twins[1]) })
		if got, _ := k.Lookup(k.Hash("key"), nil); got != uint32(first) {
			t.Errorf("host %d has the points, want %d", got, first)
		}
	}
}

// collidingAddresses looks for two addresses with the same CRC-32; the birthday paradox finds some
// among a few hundred thousand.
func collidingAddresses(t *testing.T) [2]string {
	t.Helper()
	seen := map[uint64]string{}
	for i := range 1_000_000 {
		address := fmt.Sprintf("10.%d.%d.%d:%d", i>>16, i>>8&255, i&255, 1024+i*7919%60_000)
		host, port := splitHostPort(address)
		sum := (&Ketama{}).Hash(host + "\x00" + port)
		if other, ok := seen[sum]; ok {
			return [2]string{other, address}
		}
		seen[sum] = address
	}
	t.Fatal("no two addresses collide")
	return [2]string{}
}
