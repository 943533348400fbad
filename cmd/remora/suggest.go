package main

import "github.com/agext/levenshtein"

// didYouMean guesses which of the names was meant: the nearest, if no more than two letters and no
// more than half of them differ. It returns the end of a sentence, or nothing.
func didYouMean(name string, names []string) string {
	best, bestDistance := "", min(2, len(name)/2)+1
	for _, candidate := range names {
		if d := levenshtein.Distance(name, candidate, nil); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
