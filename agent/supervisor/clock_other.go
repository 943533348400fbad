//go:build !linux

package supervisor

// monotonic is for systemd, which is not there.
func monotonic() []string { return nil }
