package figures

import "time"

// Report is what one benchmark found.
type Report struct {
	Name    string    `json:"name"`              // in lower case, one word: "socket"
	Title   string    `json:"title"`             // the heading
	About   string    `json:"about"`             // what was compared with what, and how; Markdown
	Taken   time.Time `json:"taken,omitzero"`    // Write sets it
	Commit  string    `json:"commit,omitempty"`  // Write sets it
	Machine *Machine  `json:"machine,omitempty"` // Write sets it
	Tables  []*Table  `json:"tables,omitempty"`
	Plots   []*Plot   `json:"plots,omitempty"`
	Notes   []string  `json:"notes,omitempty"`
	LeftOut []string  `json:"left_out,omitempty"` // peers that are missing, with the reason: "nginx: not installed"
	Failed  []string  `json:"failed,omitempty"`   // parts of the benchmark that failed, with the reason
}

// New gives a report without figures.
func New(name, title, about string) *Report { return &Report{Name: name, Title: title, About: about} }

// Table is one comparison: a row for each thing compared.
type Table struct {
	Title string   `json:"title"`
	Unit  string   `json:"unit,omitempty"`  // of all cells, if it is the same and no head names it
	About string   `json:"about,omitempty"` // what a reader of this table must know besides
	Label string   `json:"label"`           // heads the rows' labels
	Heads []string `json:"heads"`           // one for each cell of a row
	Rows  []*Row   `json:"rows"`
}

// Table adds a table. The heads are of the columns after the one of the labels.
func (r *Report) Table(title, label string, heads ...string) *Table {
	t := &Table{Title: title, Label: label, Heads: heads}
	r.Tables = append(r.Tables, t)
	return t
}

// Row is one line of a table.
type Row struct {
	Label   string   `json:"label"`
	Cells   []Cell   `json:"cells"`
	Control bool     `json:"control,omitempty"` // the same as what is compared with: shows what chance does
	Targets []Target `json:"targets,omitempty"`
}

// Target is what a figure was to come to.
type Target struct {
	Of   string `json:"of"`   // the figure, by its column's head
	Want string `json:"want"` // such as "≤ 1.25"
	Met  bool   `json:"met"`
}

// Row adds a row; its cells stand under the heads in order, and may be fewer.
func (t *Table) Row(label string, cells ...Cell) *Row {
	r := &Row{Label: label, Cells: cells}
	t.Rows = append(t.Rows, r)
	return r
}

// AsControl marks the row as the control and returns it.
func (r *Row) AsControl() *Row {
	r.Control = true
	return r
}

// Target says what a figure of the row was to come to, and whether it did. It returns the row.
func (r *Row) Target(of, want string, met bool) *Row {
	r.Targets = append(r.Targets, Target{of, want, met})
	return r
}

// Plot is a picture of lines. The first line is what the benchmark is about, and is drawn strongest.
type Plot struct {
	Name  string  `json:"name"` // of its file, after the report's: in lower case, one word
	Title string  `json:"title"`
	X     Axis    `json:"x"`
	Y     Axis    `json:"y"`
	Lines []*Line `json:"lines"`
}

// Axis is one of a plot's two.
type Axis struct {
	Label string `json:"label"` // with its unit
	Log   bool   `json:"log,omitempty"`
}

// Line is one line of a plot.
type Line struct {
	Name    string  `json:"name"`
	Control bool    `json:"control,omitempty"`
	Points  []Point `json:"points"`
}

// Point is one point of a line: at its median, with whiskers to the least and the most.
type Point struct {
	X float64 `json:"x"`
	Y Spread  `json:"y"`
}

// Plot adds a plot.
func (r *Report) Plot(name, title string, x, y Axis) *Plot {
	p := &Plot{Name: name, Title: title, X: x, Y: y}
	r.Plots = append(r.Plots, p)
	return p
}

// Line adds a line.
func (p *Plot) Line(name string) *Line {
	l := &Line{Name: name}
	p.Lines = append(p.Lines, l)
	return l
}

// Point adds a point to the right of the others.
func (l *Line) Point(x float64, y Spread) { l.Points = append(l.Points, Point{x, y}) }
