package plot

import (
	"fmt"
	"html"
	"strings"
)

// Canvas is a picture as it is being drawn. Measures are pixels from the upper left, a class is what the
// style knows a shape by. The zero value is empty.
type Canvas struct{ body strings.Builder }

// Anchor is the point of a text that its place is given for.
type Anchor string

// Anchors.
const (
	Start  Anchor = "start"
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// Text writes a text on a base line.
func (c *Canvas) Text(x, y float64, class string, at Anchor, text string) {
	fmt.Fprintf(&c.body, `<text x="%.1f" y="%.1f"%s text-anchor="%s">%s</text>`+"\n", x, y, attribute(class), at, html.EscapeString(text))
}

// Upwards writes a text that reads from below, about the middle at x and y.
func (c *Canvas) Upwards(x, y float64, class, text string) {
	fmt.Fprintf(&c.body, `<text transform="translate(%.1f %.1f) rotate(-90)"%s text-anchor="middle">%s</text>`+"\n", x, y, attribute(class), html.EscapeString(text))
}

// Line draws a line.
func (c *Canvas) Line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(&c.body, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"%s/>`+"\n", x1, y1, x2, y2, attribute(class))
}

// Bar draws a bar from x1 to x2, a pixel at the least, that hangs from y.
func (c *Canvas) Bar(x1, x2, y, height float64, class string) {
	fmt.Fprintf(&c.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"%s/>`+"\n", x1, y, max(x2-x1, 1), height, attribute(class))
}

// at is a point of a path.
type at struct{ x, y float64 }

// path draws a line through points.
func (c *Canvas) path(points []at, class string) {
	var d strings.Builder
	for i, p := range points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&d, "%s%.1f %.1f", step, p.x, p.y)
	}
	fmt.Fprintf(&c.body, `<path d="%s"%s/>`+"\n", &d, attribute(class))
}

// marks are the shapes that tell lines apart, around a point.
var marks = []string{
	`<circle cx="%.1f" cy="%.1f" r="4"%s/>`,
	`<path transform="translate(%.1f %.1f)" d="M-4 -4H4V4H-4Z"%s/>`,
	`<path transform="translate(%.1f %.1f)" d="M0 -5L5 4H-5Z"%s/>`,
	`<path transform="translate(%.1f %.1f)" d="M0 -5.5L5.5 0L0 5.5L-5.5 0Z"%s/>`,
	`<path transform="translate(%.1f %.1f)" d="M0 5L5 -4H-5Z"%s/>`,
	`<path transform="translate(%.1f %.1f)" d="M-5 -1.5H-1.5V-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5Z"%s/>`,
}

// mark draws the nth shape.
func (c *Canvas) mark(p at, n int, class string) {
	fmt.Fprintf(&c.body, marks[n%len(marks)]+"\n", p.x, p.y, attribute(class))
}

func attribute(class string) string {
	if class == "" {
		return ""
	}
	return ` class="` + class + `"`
}

// SVG is the whole picture, of that size. What it shows is for who can't see it.
func (c *Canvas) SVG(width, height float64, shows string) string {
	shows = html.EscapeString(shows)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" role="img" aria-label="%[3]s">`+
		"\n<title>%[3]s</title>\n<style>%[4]s</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"6\" class=\"paper\"/>\n%[5]s</svg>\n",
		width, height, shows, style(), c.body.String())
}
