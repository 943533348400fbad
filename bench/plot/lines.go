package plot

import (
	"slices"
	"strconv"

	"github.com/remora-agent/remora/bench/figures"
)

// The measures of a plot, in pixels. The legend stands to the right of the picture.
const (
	pictureLeft   = 84
	pictureRight  = 600
	pictureTop    = 46
	pictureBottom = 360
	height        = 416
	aside         = 4   // between the points of two lines at the same place, so that whiskers do not hide one another
	margin        = 26  // within the picture, beside the first and the last points
	fewPlaces     = 8   // up to so many places on the x axis are all marked
	whiskerWidth  = 3.0 // to each side
)

// picture is a plot as it is being drawn.
type picture struct {
	Canvas
	plot *figures.Plot
	x, y Scale
}

// Lines draws a plot as SVG. On a logarithmic axis there is no place for what is not above 0; it is left
// out.
func Lines(p *figures.Plot) string {
	d := picture{plot: p}
	d.fit()
	d.axes()
	for i := range p.Lines {
		n := len(p.Lines) - 1 - i // the first one over the others
		d.line(p.Lines[n], n)
	}
	width := d.legend()
	return d.SVG(width, height, p.Title+": "+p.Y.Label+" by "+p.X.Label)
}

func (d *picture) fit() {
	var xs, ys []float64
	for _, l := range d.plot.Lines {
		for _, p := range d.points(l) {
			xs = append(xs, p.X)
			ys = append(ys, p.Y.Min, p.Y.Median, p.Y.Max)
		}
	}
	d.x = Fit(xs, d.plot.X.Log, pictureLeft+margin, pictureRight-margin)
	d.y = Fit(ys, d.plot.Y.Log, pictureBottom, pictureTop)
	if len(xs) > 0 && slices.Min(xs) < slices.Max(xs) {
		d.x.Low, d.x.High = slices.Min(xs), slices.Max(xs)
	}
}

// points are those of a line that have a place.
func (d *picture) points(l *figures.Line) []figures.Point {
	return slices.DeleteFunc(slices.Clone(l.Points), func(p figures.Point) bool {
		return p.Y.N == 0 || d.plot.X.Log && p.X <= 0 || d.plot.Y.Log && p.Y.Median <= 0
	})
}

func (d *picture) axes() {
	d.Text(pictureLeft, 26, Title, Start, d.plot.Title)
	for _, v := range d.y.Ticks() {
		y := d.y.At(v)
		d.Line(pictureLeft, y, pictureRight, y, Grid)
		d.Text(pictureLeft-8, y+4, Head, End, tick(v))
	}
	for _, v := range d.places() {
		x := d.x.At(v)
		d.Line(x, pictureBottom, x, pictureBottom+5, Grid)
		d.Text(x, pictureBottom+20, Head, Middle, tick(v))
	}
	d.Text((pictureLeft+pictureRight)/2, pictureBottom+42, Head, Middle, d.plot.X.Label)
	d.Upwards(20, (pictureTop+pictureBottom)/2, Head, d.plot.Y.Label)
}

// tick writes the value of a tick, which is round.
func tick(v float64) string {
	if v >= 1 || v <= -1 {
		return figures.Format(v)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// places are what is marked on the x axis: where points are, as long as they are few.
func (d *picture) places() []float64 {
	var places []float64
	for _, l := range d.plot.Lines {
		for _, p := range d.points(l) {
			places = append(places, p.X)
		}
	}
	slices.Sort(places)
	if places = slices.Compact(places); len(places) <= fewPlaces {
		return places
	}
	return d.x.Ticks()
}

func (d *picture) line(l *figures.Line, n int) {
	class := classOf(l, n)
	shift := (float64(n) - float64(len(d.plot.Lines)-1)/2) * aside
	var path []at
	for _, p := range d.points(l) {
		x := d.x.At(p.X) + shift
		path = append(path, at{x, d.y.At(p.Y.Median)})
		if p.Y.Min < p.Y.Max {
			d.whisker(x, p.Y, class)
		}
	}
	if len(path) == 0 {
		return
	}
	d.path(path, strokeOf(class, n))
	for _, p := range path {
		d.mark(p, n, class)
	}
}

func (d *picture) whisker(x float64, s figures.Spread, class string) {
	low, high := d.y.At(s.Min), d.y.At(s.Max)
	class += " whisker"
	d.Line(x, low, x, high, class)
	d.Line(x-whiskerWidth, low, x+whiskerWidth, low, class)
	d.Line(x-whiskerWidth, high, x+whiskerWidth, high, class)
}

// classOf is what gives a line its colour.
func classOf(l *figures.Line, n int) string {
	if l.Control {
		return "control"
	}
	return "l" + strconv.Itoa(n%colours)
}

func strokeOf(class string, n int) string {
	if n == 0 {
		return class + " line first"
	}
	return class + " line"
}
