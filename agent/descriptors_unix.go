//go:build unix

package agent

import (
	"math"

	"golang.org/x/sys/unix"
)

// descriptorLimit is how many file descriptors this process may have. Go's runtime has raised the soft
// limit to the hard one by the time that anybody asks.
func descriptorLimit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return unknownDescriptors
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
