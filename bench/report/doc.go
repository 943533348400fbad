// Command report makes docs/performance.md and its plots from what the benchmarks have left in a folder,
// one JSON file each, which package figures writes.
//
//	go run ./bench/report -from bin/bench -docs docs socket micro
//
// The page names the benchmarks that were asked for and have left no file, so that one that fails is
// seen and does not cost the others. Plots that no benchmark has any more are removed.
//
//	main.go        flags, files in and out
//	page.go        the page: where it was measured, targets, what is missing, a section for each benchmark
//	markdown.go    tables
package main
