package supervisor

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// monotonic is the time of CLOCK_MONOTONIC as a line of a message: systemd holds it against the time at
// which it asked for a reload, to know that this is the answer to that.
func monotonic() []string {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return nil
	}
	return []string{"MONOTONIC_USEC=" + strconv.FormatInt(now.Nano()/1000, 10)}
}
