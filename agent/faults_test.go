package agent

// The table of faults: what goes wrong in the world of an agent, what it costs the applications, and
// how soon all is well again. Short forms of all rows run with the other tests; REMORA_FAULTS=long plays
// them at full length, and with REMORA_FAULTS_DOC, a path, writes the rows that were played into the
// table of that file: see `make faults` and docs/reliability.md.
//
// A row is a function that gets a trial. To add rows, write a function that returns them in a file of
// your own, faults_ROOM_test.go, and name it in faults below:
//
//	func diskFaults() []fault {
//		return []fault{{number: 31, name: "disk full", play: diskFull}}
//	}
//
//	func diskFull(t *trial) {
//		r := t.start(`service "web" { … }`)             // an agent in a process of its own: r.pid
//		load := t.load(r)                               // another process that selects until the row ends
//		load.expect("web", "10.0.0.1:80", "10.0.0.2:80") // from now on: no failure, and only one of these
//		t.began()                                       // the fault begins
//		…                                               // wait on events; t.length(short, long) is how long
//		t.stale()                                       // optional: staleness is flagged
//		t.ready()                                       // the fault is over
//		…
//		t.converged()                                   // the agent says what is true
//	}
//
// Whatever is not called shows as a dash. The test fails by itself on a lost select, on an address of
// another service, and on a dead one; when rows are long, on a missed target, too. One row plays as
// `go test ./agent -run TestFaults/row/31`.

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
)

// fault is a row of the table. Rows of one number have different names.
type fault struct {
	number int
	name   string
	attack bool // what others wait for their answers meanwhile is judged
	alone  bool // it needs the machine for itself, or its figures would be those of the others
	play   func(*trial)
}

// faults is the whole table, in order.
func faults() []fault {
	rows := slices.Concat(
		consulFaults(),
		holdFaults(),
		restartFaults(),
		flapFaults(),
		stateFaults(),
		etcdFaults(),
		credentialFaults(),
		secretFaults(),
		probeFaults(),
		weatherFaults(),
		lyingFaults(),
		userFaults(),
		poisonFaults(),
		descriptorFaults(),
	)
	slices.SortStableFunc(rows, func(a, b fault) int { return cmp.Compare(a.number, b.number) })
	return rows
}

func (f fault) title() string { return fmt.Sprintf("%02d %s", f.number, f.name) }

func TestFaults(t *testing.T) {
	var report table
	t.Run("row", func(t *testing.T) {
		for _, f := range faults() {
			t.Run(f.title(), func(t *testing.T) {
				if !f.alone {
					t.Parallel()
				}
				play(t, f, &report)
			})
		}
	})
	t.Logf("faults, and what applications noticed:\n%s", &report)
	report.document(t)
}
