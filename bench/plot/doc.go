// Package plot draws plots as SVG for the documentation: pictures that need no script and no font of
// their own, and can be read on light and on dark pages and by who sees no colours, since lines differ in
// their marks too. Lines draws the plot of a report; other pictures put themselves together from a Canvas
// and a Scale. The same figures give the same bytes. Nothing here may be called concurrently.
//
//	lines.go     plots of lines with whiskers
//	legend.go    what stands beside them
//	scale.go     where a value stands on an axis, and which values are marked on it; pure
//	canvas.go    shapes
//	style.go     colours, on light and on dark
package plot
