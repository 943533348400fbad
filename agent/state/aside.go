package state

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// keptAside is how many bad files are kept, for whoever wants to know what happened.
const keptAside = 3

// setAside gives a bad file another name, which it returns, and removes those of the oldest that are too
// many.
func (f *Folder) setAside(now time.Time) (name string, err error) {
	name = corrupt + now.UTC().Format("20060102T150405.000000000Z")
	if err := f.root.Rename(stateFile, name); err != nil {
		return "", fmt.Errorf("set it aside: %w", err)
	}
	names, err := f.aside()
	if err != nil {
		return name, err
	}
	// The new one stays, also where the clock was set back.
	old := slices.DeleteFunc(names, func(n string) bool { return n == name })
	for _, n := range old[:max(0, len(old)-(keptAside-1))] {
		err = errors.Join(err, f.root.RemoveAll(n))
	}
	return name, err
}

// aside lists what was set aside, the oldest first.
func (f *Folder) aside() (names []string, err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // it was only read
	all, err := dir.Readdirnames(-1)
	for _, name := range all {
		if strings.HasPrefix(name, corrupt) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}
