package agent

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// table is what came of the rows. It is safe to call concurrently.
type table struct {
	mu   sync.Mutex
	rows []figures
}

func (r *table) add(f figures) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, f)
}

// columns are the heads of the table; cells fills a line of it.
var columns = []string{
	"#", "fault", "lasted", "selects", "lost", "p99", "longest", "stale after", "converged in", "memory", "verdict",
}

func (f *figures) cells() []string {
	return []string{
		fmt.Sprint(f.number), f.name, short(f.outage), orDash(f.load.Selects, "%d"), lost(f.load), short(f.load.P99), short(f.load.Max),
		short(f.stale), short(f.converge), memory(f.growth), f.verdict(),
	}
}

func (f *figures) verdict() string {
	words := "held"
	switch {
	case len(f.missed()) > 0:
		words = "missed: " + strings.Join(f.missed(), ", ")
	case f.failed:
		words = "failed"
	}
	return strings.Join(append([]string{words}, f.notes...), "; ")
}

// lost counts what must be none at all: failures, addresses of others, dead ones.
func lost(r loadReport) string {
	if r.Selects == 0 {
		return "–"
	}
	return fmt.Sprint(r.Lost + r.Foreign + r.Dead)
}

func memory(growth int64) string {
	if growth == 0 {
		return "–"
	}
	return fmt.Sprintf("+%d MB", growth>>20)
}

func orDash(n int, format string) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

// short prints a duration with as many digits as mean something.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

func (r *table) sorted() []figures {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows := slices.Clone(r.rows)
	slices.SortFunc(rows, func(a, b figures) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
	})
	return rows
}

// String lays the table out for a terminal.
func (r *table) String() string {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, strings.Join(columns, "\t"))
	for _, row := range r.sorted() {
		fmt.Fprintln(out, strings.Join(row.cells(), "\t"))
	}
	_ = out.Flush()
	return b.String()
}

// The table of a document stands between these lines.
const (
	tableBegins = "<!-- the table of faults: written by make faults -->"
	tableEnds   = "<!-- end of the table of faults -->"
)

// document puts the rows that were played at full length into the table of the file that
// REMORA_FAULTS_DOC names. Rows that were not played stay as they are.
func (r *table) document(t *testing.T) {
	t.Helper()
	path := os.Getenv("REMORA_FAULTS_DOC")
	if path == "" || !testbed.Long() {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegins)
	old, after, ended := strings.Cut(rest, tableEnds)
	if !ok || !ended {
		t.Fatalf("%s has no lines %q and %q", path, tableBegins, tableEnds)
	}
	text = fmt.Appendf(nil, "%s%s\n\n%s\n%s%s", before, tableBegins, markdown(merged(old, r.sorted())), tableEnds, after)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// merged gives the cells of all rows: the new ones, and of the old ones those that are still faults and
// were not played.
func merged(old string, fresh []figures) [][]string {
	known := make(map[string][]string)
	for line := range strings.Lines(old) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) == len(columns) {
			known[cells[0]+cells[1]] = cells
		}
	}
	for _, f := range fresh {
		cells := f.cells()
		known[cells[0]+cells[1]] = cells
	}
	var rows [][]string
	for _, f := range faults() {
		if cells, ok := known[fmt.Sprint(f.number)+f.name]; ok {
			rows = append(rows, cells)
		}
	}
	return rows
}

func markdown(rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	line(slices.Repeat([]string{"---"}, len(columns)))
	for _, cells := range rows {
		line(cells)
	}
	return b.String()
}
