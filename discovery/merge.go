package discovery

// Merge unites what several sources say about one service, each list holding an address at most once.
// The order is that of the first source, then what the second adds, and so on. Of an address that
// several sources list, the first gives the attributes, and the status is the best that any of them
// gives, so that it counts as alive if any source says so.
//
// Merge is pure. The result may share memory with its arguments and is not to be written to.
func Merge(sources ...[]Endpoint) []Endpoint {
	sources = withoutEmpty(sources)
	switch len(sources) {
	case 0:
		return nil
	case 1:
		return sources[0]
	}
	merged := append([]Endpoint(nil), sources[0]...)
	place := make(map[string]int, len(merged))
	for i, e := range merged {
		place[e.Address] = i
	}
	for _, source := range sources[1:] {
		for _, e := range source {
			if i, listed := place[e.Address]; listed {
				if better(e.Status, merged[i].Status) {
					merged[i].Status, merged[i].Reason = e.Status, e.Reason
				}
				continue
			}
			place[e.Address] = len(merged)
			merged = append(merged, e)
		}
	}
	return merged
}

func withoutEmpty(sources [][]Endpoint) [][]Endpoint {
	var kept [][]Endpoint
	for _, source := range sources {
		if len(source) > 0 {
			kept = append(kept, source)
		}
	}
	return kept
}

// usability ranks statuses, best first: to have looked and found it usable beats not to look, and not
// to look beats to have found it unusable.
var usability = [...]int{
	StatusPassing:     0,
	StatusWarning:     1,
	StatusNone:        2,
	StatusCritical:    3,
	StatusMaintenance: 4,
}

func better(a, b Status) bool { return usability[a] < usability[b] }
