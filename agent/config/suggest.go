package config

import "strings"

// suggest gives the name that given is probably a typo of or the beginning of, or the empty string.
// Case is ignored. Up to three characters may be wrong, and no more than a third of them, so that short
// words are not taken for one another.
func suggest(given string, names []string) string {
	given = strings.ToLower(given)
	best, least := "", 1+min(3, len([]rune(given))/3)
	for _, name := range names {
		lower := strings.ToLower(name)
		if len(given) >= 3 && strings.HasPrefix(lower, given) {
			return name
		}
		if d := distance(given, lower, least); d < least {
			best, least = name, d
		}
	}
	return best
}

// didYouMean gives a sentence with the suggestion, or the empty string where there is none.
func didYouMean(given string, names []string) string {
	if name := suggest(given, names); name != "" {
		return `Did you mean "` + name + `"? `
	}
	return ""
}

// distance counts the characters to insert, delete, replace or swap with a neighbour to get from a to
// b: the optimal string alignment distance (Damerau 1964). Lengths further apart than limit give limit
// without a look at the characters.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= limit || len(t)-len(s) >= limit {
		return limit
	}
	before, above, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+differ(s[i-1], t[j-1]))
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(t)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
