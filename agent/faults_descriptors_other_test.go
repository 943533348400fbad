//go:build !linux

package agent

func descriptorFaults() []fault { return nil }
