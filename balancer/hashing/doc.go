// Package hashing holds the tables of the hashing strategies: which host a key belongs to.
//
//	table      | model                               | a key hashes to  | lookup         | bytes, about
//	Ring       | Envoy and gRPC, ring_hash           | xxHash64, seed 0 | O(1), expected | 18 a point
//	Ketama     | nginx, hash $key consistent         | CRC-32 of IEEE   | O(1), expected | 10 a point
//	Maglev     | Envoy, maglev                       | xxHash64, seed 0 | O(1), expected | 2 a slot, 24 a host
//	Rendezvous | highest random weight, with weights | xxHash64, seed 0 | O(hosts)       | 24 a host
//
// A table is made of all hosts of a service, the unhealthy too, and never changes. Who may be chosen at
// the moment is a [Set] that comes with each lookup; a host that is not in it is passed over in the
// way of the table's model. So a key whose host is eligible stays where it is, whatever happens to
// the other hosts.
//
// A table depends on the hosts, their weights and its settings, never on the order in which the hosts
// are listed: all tables work on them in byte order of their addresses. That makes the tables of two
// agents equal, and [Table.Fingerprint] says whether they are.
//
// What happens to the keys of the others when a host leaves the list for good differs: with Ketama and
// Rendezvous they all stay, with Maglev fewer than one in fifty move, and with Ring it depends on
// whether the number of points per host changes. Of ten equal hosts, in a ring of at least 1,024 points,
// each has 103 points, of nine each has 114, and the new points take over about a tenth of the keys; of
// fifty and of forty-nine each has 21, and no key moves.
//
// Nothing here does I/O, logs, reads a clock or starts a goroutine. Tables are safe for concurrent use.
package hashing
