// Package etcd watches services that are kept under one prefix of an etcd v3.
//
// A key is PREFIX SERVICE "/" ID, where the service is everything between the prefix and the last
// slash. A value is what the official package go.etcd.io/etcd/client/v3/naming/endpoints writes, or a
// bare address:
//
//	/services/web/1   {"Op":0,"Addr":"10.0.0.5:8080","Metadata":{"weight":10,"zone":"a","tags":["v2"]}}
//	/services/web/2   10.0.0.6:8080
//
// All services share one connection, one watch and one copy of the prefix, the mirror; what a host
// does not use costs the registry nothing and the host some 120 bytes a key. Of what it uses the mirror
// keeps the endpoints that it has published, and of the values only their hashes.
//
//	Run ── session ── list ──────► mirror ──► Sink of "web"
//	          │                     ▲   └───► Sink of "db"
//	          └────── watch events ─┘
//
// Run has one session after another, with a backoff in between. A session connects, lists the prefix
// at one revision, replaces the mirror with that list, so that deletions nobody saw take effect, and
// then follows one watch from that revision on. It asks for progress all the time, opens a watch again
// that does not answer, and whatever goes wrong ends it: an error, a compaction, no endpoint left, or
// silence. While there is no session the mirror stands as it was last known, and every sink hears why.
//
// Run is the only writer of the mirror, and tells the sinks of the services that changed before it goes
// on: a watch costs no goroutine, and a change wakes none but that of the sink's owner. What one revision
// changed is always seen as a whole.
package etcd
