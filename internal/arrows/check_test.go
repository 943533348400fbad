package arrows

import (
	"fmt"
	"strings"
)

// module is the path that every package of ours begins with.
const module = "github.com/remora-agent/remora"

// pkg is what the check needs of a package, as `go list -json` names it.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// check returns a sentence for each package that imports what its rule does not allow, and for each
// of ours that has no rule. The packages must hold all that they import.
func check(packages []pkg, rules []rule) []string {
	standard := map[string]bool{"C": true}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	var faults []string
	for _, p := range packages {
		room, ours := inModule(p.ImportPath)
		if !ours {
			continue
		}
		r, ok := ruleOf(room, rules)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s has no rule: add one to the table", room))
			continue
		}
		for _, path := range p.Imports {
			if !r.allows(path, standard[path]) {
				faults = append(faults, fmt.Sprintf("%s must not import %s: %s", room, path, r.reason))
			}
		}
	}
	return faults
}

// inModule returns the path of a package within the module, which is "." for the top.
func inModule(path string) (room string, ok bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func ruleOf(room string, rules []rule) (rule, bool) {
	for _, r := range rules {
		if fits(room, r.room) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) allows(path string, standard bool) bool {
	if standard {
		return !fitsAny(path, r.never)
	}
	if room, ours := inModule(path); ours {
		return fitsAny(room, r.ours)
	}
	return fitsAny(path, r.outside)
}

func fitsAny(path string, patterns []string) bool {
	for _, pattern := range patterns {
		if fits(path, pattern) {
			return true
		}
	}
	return false
}

// fits understands "...", "x/..." and exact paths.
func fits(path, pattern string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return path == pattern
}
