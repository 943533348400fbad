package api

// class is a set of bytes that may stand somewhere as they are. All are subsets of what the RFCs allow,
// and have nothing that one reader takes for an end and another does not.
type class uint8

const (
	inToken class = 1 << iota // names of header fields, ids of leases
	inHost                    // Host
	inPath                    // a segment of a path
	inQuery                   // the value of a parameter
	inJSON                    // a JSON string
)

// classes says to which classes each byte belongs.
var classes = func() (table [256]class) {
	add := func(c class, bytes string) {
		for _, b := range []byte(bytes) {
			table[b] |= c
		}
	}
	for b := byte(' '); b <= '\x7f'; b++ {
		if b != '"' && b != '\\' {
			table[b] |= inJSON
		}
	}
	const alnum = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	add(inToken, alnum+"-_")
	add(inHost, alnum+"-_.:")
	add(inPath, alnum+"-_.~")
	add(inQuery, alnum+"-_.~:[]/@,")
	return table
}()

// allOf says whether b is not empty and all of one class.
func allOf(b []byte, c class) bool {
	for _, at := range b {
		if classes[at]&c == 0 {
			return false
		}
	}
	return len(b) > 0
}
