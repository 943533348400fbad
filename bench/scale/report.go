package main

import "fmt"

// print shows findings as they come.
func (f *findings) print() {
	n := float64(f.size.all())
	fmt.Printf("%s %s: ready %v (cpu %v) live %.1f MB %.0f B/backend rss %.1f MB %.0f B/backend stacks %.1f MB goroutines %.0f rest %.2f%% scrape %v\n",
		f.registry, f.size, f.ready, f.readyCPU, f.live/1e6, f.live/n, float64(f.rss)/1e6, float64(f.rss)/n, f.stacks/1e6, f.goroutines, 100*f.rest, f.scrape)
	for _, c := range f.changing {
		fmt.Printf("   %d/s: made %d, %.1f%% of a core, %v each (bare %v), merged %.2f\n", c.rate, c.made, 100*c.share, c.cost, c.control, c.merged)
	}
}

func (b *bench) report() error { return nil }
