//go:build !unix

package agent

func descriptorLimit() int { return unknownDescriptors }
