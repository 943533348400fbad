package etcd

import (
	"fmt"
	"slices"
)

// history is how far which etcd has come. A revision never goes back and the id of a cluster never
// changes, unless it lost its data, was restored from a backup, or is another one.
type history struct {
	cluster  uint64 // 0: it was not said
	revision int64
}

// known says whether there was an answer.
func (h history) known() bool { return h != history{} }

// brokenBy says whether what an etcd says later contradicts h.
func (h history) brokenBy(later history) bool {
	return h.known() && (later.revision < h.revision || h.isOther(later.cluster))
}

// isOther says whether a cluster is not the one of h. A proxy may leave the id out, which says nothing.
func (h history) isOther(cluster uint64) bool {
	return h.cluster != 0 && cluster != 0 && h.cluster != cluster
}

// shownNames is how many names one line of the log may hold.
const shownNames = 5

// complainOfHistory logs that etcd has lost its history, and what that costs.
func (p *Provider) complainOfHistory(emptied []string, now history) {
	slices.Sort(emptied)
	p.logger.Warn("etcd has another history than before, as after a loss of its data or a restore from a backup",
		"prefix", p.config.Prefix,
		"revision", now.revision, "revision-before", p.history.revision,
		"cluster-id", clusterID(now.cluster), "cluster-id-before", clusterID(p.history.cluster),
		"emptied-services", len(emptied), "some-of-them", emptied[:min(len(emptied), shownNames)])
}

// clusterID is an id as the tools of etcd print it.
func clusterID(id uint64) string { return fmt.Sprintf("%x", id) }
