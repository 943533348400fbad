package plot

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// The legend's measures, in pixels.
const (
	legendLeft  = pictureRight + 24
	legendRow   = 22
	legendText  = legendLeft + 40
	letterWidth = 7.2 // of most letters, with room to spare
)

// legend names the lines, in the order of their right ends, and returns the width of the whole plot.
func (d *picture) legend() (width float64) {
	order := make([]int, 0, len(d.plot.Lines))
	longest := 0
	for i, l := range d.plot.Lines {
		if len(d.points(l)) > 0 {
			order = append(order, i)
			longest = max(longest, utf8.RuneCountInString(l.Name))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.end(b), d.end(a)) })
	for row, i := range order {
		l := d.plot.Lines[i]
		y := float64(pictureTop + 10 + row*legendRow)
		class := classOf(l, i)
		d.path([]at{{legendLeft, y}, {legendLeft + 30, y}}, strokeOf(class, i))
		d.mark(at{legendLeft + 15, y}, i, class)
		d.Text(legendText, y+4, Plain, Start, l.Name)
	}
	return legendText + letterWidth*float64(longest) + 12
}

// end is the last figure of a line.
func (d *picture) end(i int) float64 {
	points := d.points(d.plot.Lines[i])
	return points[len(points)-1].Y.Median
}
