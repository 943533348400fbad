package plot

import (
	"fmt"
	"strings"
)

// rule is what the shapes of a class look like, apart from their colour.
type rule struct {
	class, look string
	paint       string // what the colour is for: fill, stroke or both
	light, dark string // the colour, on either background
}

// Classes that shapes may have.
const (
	Plain = ""      // text that is read
	Title = "title" // headings
	Head  = "head"  // heads of columns and axes, ticks
	Bad   = "bad"   // a figure that stands out
	Grid  = "grid"
	Bar   = "bar"
	Range = "range"
)

var rules = []rule{
	{"text", "font:12px system-ui,sans-serif", "fill", "#1f2328", "#e6edf3"},
	{".paper", "", "fill", "#ffffff", "#0d1117"},
	{".title", "font-weight:bold;font-size:13px", "fill", "#1f2328", "#e6edf3"},
	{".head", "font-size:11px", "fill", "#59636e", "#9198a1"},
	{".bad", "font-weight:bold", "fill", "#b3261e", "#ff7b72"},
	{".grid", "stroke-width:1", "stroke", "#d8dee4", "#2d333b"},
	{".bar", "", "fill", "#4878a8", "#4f8fd0"},
	{".range", "stroke-width:2", "stroke", "#1d3550", "#c9dcf2"},
	{".control", "", "both", "#6e7781", "#8b949e"},
	{".l0", "", "both", "#0969da", "#58a6ff"},
	{".l1", "", "both", "#bc4c00", "#f0883e"},
	{".l2", "", "both", "#1a7f37", "#3fb950"},
	{".l3", "", "both", "#8250df", "#bc8cff"},
	{".l4", "", "both", "#bf3989", "#f778ba"},
	{".l5", "", "both", "#9a6700", "#d29922"},
	{".l6", "", "both", "#0a7d91", "#39c5cf"},
}

// colours is how many lines have a colour of their own.
const colours = 7

// style is the style sheet of a picture. The background is painted with it, so that both change together
// wherever the picture is shown.
func style() string {
	var light, dark strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&light, "%s{%s}", r.class, strings.Trim(r.look+";"+paint(r.paint, r.light), ";"))
		fmt.Fprintf(&dark, "%s{%s}", r.class, paint(r.paint, r.dark))
	}
	light.WriteString("path.line{fill:none;stroke-width:1.6}path.first{stroke-width:3}.whisker{stroke-width:1.2;opacity:.55}")
	light.WriteString(".line.control{stroke-dasharray:5 4}")
	return light.String() + "@media(prefers-color-scheme:dark){" + dark.String() + "}"
}

// paint sets a colour. That of a line fills its marks too, but not the line: its own rule names the element,
// and so goes before.
func paint(what, colour string) string {
	if what == "both" {
		return "fill:" + colour + ";stroke:" + colour
	}
	return what + ":" + colour
}
