package discovery

import "unicode/utf8"

// matchAny says whether one of the globs matches the whole name.
func matchAny(globs []string, name string) bool {
	for _, glob := range globs {
		if match(glob, name) {
			return true
		}
	}
	return false
}

// match says whether the glob matches the whole name. '*' stands for any run of characters, '/' and
// nothing included, '?' for one character, all else for itself. On a mismatch only the last '*' takes
// one more byte, which is enough and keeps the time at len(glob)·len(name) at worst (Russ Cox, "Glob
// Matching Can Be Simple And Fast Too", 2017). It allocates nothing.
func match(glob, name string) bool {
	g, n := 0, 0
	starGlob, starName := -1, 0 // where to take up again
	for n < len(name) {
		switch {
		case g < len(glob) && glob[g] == '*':
			starGlob, starName = g, n
			g++
		case g < len(glob) && glob[g] == '?':
			_, size := utf8.DecodeRuneInString(name[n:])
			g, n = g+1, n+size
		case g < len(glob) && glob[g] == name[n]:
			g, n = g+1, n+1
		case starGlob >= 0:
			starName++
			g, n = starGlob+1, starName
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
