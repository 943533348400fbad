//go:build !linux && !darwin

package peer

import (
	"fmt"
	"runtime"
)

func ofSocket(int) (Credentials, error) {
	return Credentials{}, fmt.Errorf("not supported on %s: only Linux and macOS are", runtime.GOOS)
}
