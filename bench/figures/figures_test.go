package figures

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	tests := []struct {
		values []float64
		want   Spread
		text   string
	}{
		{nil, Spread{}, "–"},
		{[]float64{7}, Spread{7, 7, 7, 1}, "7"},
		{[]float64{3, 1, 2.5}, Spread{1, 2.5, 3, 3}, "2.50 (1.00–3.00)"},
		{[]float64{4, 1, 3, 2}, Spread{1, 2.5, 4, 4}, "2.50 (1.00–4.00)"},
		{[]float64{-0.5, -1.25, 0.75}, Spread{-1.25, -0.5, 0.75, 3}, "-0.50 (-1.25 to 0.75)"},
		{[]float64{math.Inf(1), 2, math.NaN()}, Spread{2, 2, 2, 1}, "2"},
	}
	for _, test := range tests {
		got := SpreadOf(test.values)
		if got != test.want || got.String() != test.text {
			t.Errorf("the spread of %v is %+v, %q; want %+v, %q", test.values, got, got, test.want, test.text)
		}
	}
}

func TestFormat(t *testing.T) {
	tests := map[float64]string{
		0: "0", 1: "1", -12: "-12", 1.254: "1.25", 0.912: "0.91", 9.996: "10.0", 12.34: "12.3", 99.96: "100",
		1234.5: "1,234", 165000: "165,000", -1234567: "-1,234,567", 0.0345: "0.035", 0.00012: "0.00012", math.Inf(1): "–",
	}
	for value, want := range tests {
		if got := Format(value); got != want {
			t.Errorf("%v is written %q, want %q", value, got, want)
		}
	}
}

// example has one of everything.
func example() *Report {
	r := New("socket", "Asking over the socket", "In turn.")
	table := r.Table("GET /v1/select", "server", "requests/s", "CPU", "how")
	table.Unit, table.About = "mixed", "Ratios are to echo."
	table.Row("echo", Number(165000), SpreadOf([]float64{1, 1, 1}))
	table.Row("control", Number(164000), SpreadOf([]float64{0.9, 1.1, 1})).AsControl()
	table.Row("agent", Number(150000), SpreadOf([]float64{1.2, 1.1, 1.3}), Text("fast lane")).
		Target("CPU", "≤ 1.25", true).Target("requests/s", "≥ 165,000", false)
	line := r.Plot("rate", "Throughput", Axis{"connections", true}, Axis{"requests/s", false}).Line("agent")
	line.Point(1, SpreadOf([]float64{1, 2, 3}))
	line.Control = true
	r.Notes, r.LeftOut, r.Failed = []string{"short"}, []string{"nginx: not installed"}, []string{"batch: no answer"}
	return r
}

const exampleText = `Asking over the socket
======================
In turn.

GET /v1/select, mixed; median (least–most) of 3
  server   requests/s               CPU        how  target
  echo        165,000           1 (1–1)
  control     164,000  1.00 (0.90–1.10)
  agent       150,000  1.20 (1.10–1.30)  fast lane  CPU ≤ 1.25: met; requests/s ≥ 165,000: MISSED
  Ratios are to echo.

note: short

left out: nginx: not installed

FAILED: batch: no answer
`

func TestText(t *testing.T) {
	if got := example().Text(); got != exampleText {
		t.Errorf("it shows as\n%s", got)
	}
}

func TestWrittenAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "socket.json")
	want := example()
	var out strings.Builder
	if err := Write(&out, path, want); err != nil {
		t.Fatal(err)
	}
	if out.String() != want.Text() {
		t.Errorf("it prints\n%s", &out)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if got.Taken.IsZero() || got.Machine.Cores == 0 || got.Machine.Go == "" {
		t.Errorf("it does not say when and where it was measured: %+v", got)
	}
}

// A ratio to nothing must not cost the rest of the report.
func TestNumbersThatJSONLacks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	r := New("r", "R", "")
	r.Table("t", "l", "a", "b").Row("x", Number(math.Inf(1)), SpreadOf([]float64{math.NaN()}))
	if err := Write(&strings.Builder{}, path, r); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if grid := got.Tables[0].Grid(); !reflect.DeepEqual(grid[1], []string{"x", "–", "–"}) {
		t.Errorf("it reads as %q", grid)
	}
}

func TestCaption(t *testing.T) {
	one, two, three := SpreadOf([]float64{1}), SpreadOf([]float64{1, 2}), SpreadOf([]float64{1, 2, 3})
	tests := []struct {
		cells []Cell
		want  string
	}{
		{[]Cell{Number(1), Text("x"), one}, "t"},
		{[]Cell{three, Number(1), three, one, Spread{}}, "t; median (least–most) of 3"},
		{[]Cell{three, two}, "t; median (least–most) of 2 to 3"},
	}
	for _, test := range tests {
		table := New("r", "", "").Table("t", "l")
		table.Row("x", test.cells...)
		if got := table.Caption(); got != test.want {
			t.Errorf("the caption of %v is %q, want %q", test.cells, got, test.want)
		}
	}
}
