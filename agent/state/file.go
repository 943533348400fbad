package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// The files in the folder.
const (
	stateFile = "state"
	newFile   = "state.new" // while it is written
	corrupt   = "state.corrupt-"
)

// maxFileBytes is the longest file that is read: a million backends take less than a tenth of it.
const maxFileBytes = 1 << 30

// A Reading is what came of reading the file when the agent started.
type Reading struct {
	State State // empty when there was no file, or a bad one
	Found bool  // there was a good one
	Bytes int64

	Fault error  // what was wrong with the file; nil when there was none or a good one
	Aside string // the name that a bad one has now; empty: it could not be moved, as Fault says, too
}

// Load reads what was kept. A file that can't be used is set aside under another name, where at most
// three are kept, so that the agent starts in any case.
func (f *Folder) Load(now time.Time) Reading {
	r, err := f.load()
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return r
	}
	r = Reading{Fault: err}
	if r.Aside, err = f.setAside(now); err != nil {
		r.Fault = errors.Join(r.Fault, err)
	}
	return r
}

func (f *Folder) load() (r Reading, err error) {
	info, err := f.root.Lstat(stateFile)
	if err != nil {
		return r, err
	}
	if !info.Mode().IsRegular() {
		return r, fmt.Errorf("it is no regular file but of mode %v", info.Mode())
	}
	if info.Size() > maxFileBytes {
		return r, fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxFileBytes)
	}
	file, err := f.root.Open(stateFile)
	if err != nil {
		return r, err
	}
	defer func() { _ = file.Close() }() // it was only read
	r.State, err = read(file, info.Size())
	r.Found, r.Bytes = err == nil, info.Size()
	return r, err
}

// write writes the file anew and returns its size. Whoever reads it at any moment, after a crash too,
// finds the old one or the new one. An error leaves the old one in place, or, should only the last step
// have failed, the new one.
func (f *Folder) write(meta Meta, gather func(*Writer)) (size int64, err error) {
	if err := f.root.Remove(newFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("remove what a crash left: %w", err)
	}
	file, err := f.root.OpenFile(newFile, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err = encode(file, meta, gather)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, errors.Join(err, f.root.Remove(newFile)) // what is of no use must not fill the disk
	}
	if err := f.root.Rename(newFile, stateFile); err != nil {
		return 0, errors.Join(err, f.root.Remove(newFile))
	}
	if err := f.self.Sync(); err != nil {
		return 0, fmt.Errorf("sync the folder: %w", err)
	}
	return size, nil
}
