package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Folder is a data_dir that this process holds. One goroutine uses it at a time.
type Folder struct {
	path string
	root *os.Root
	self *os.File // the folder itself: what is locked and, after a rename, synced
}

// Open takes the folder until Close, or until the process ends. One that is not there is made, with mode
// 0700, but not those above it. A symlink, a folder of another user and one that everybody may write to
// are refused, and so is one that another agent holds. It works on a folder that can only be read, which
// is for writing to find out.
func Open(path string) (*Folder, error) {
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open data_dir %q: %w", path, err)
	}
	return f, nil
}

func open(path string) (_ *Folder, err error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make it (one level is made, not more): %w", err)
	}
	root, err := openRoot(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{path: path, root: root}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.self, err = root.Open("."); err != nil {
		return nil, err
	}
	info, err := f.self.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkFolder(info, os.Geteuid()); err != nil {
		return nil, err
	}
	return f, f.lock()
}

// openRoot opens what was looked at, and not what took its place since.
func openRoot(path string) (*os.Root, error) {
	seen, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case seen.Mode().Type() == fs.ModeSymlink:
		return nil, errors.New("it is a symlink: name the folder itself")
	case !seen.IsDir():
		return nil, errors.New("it is no folder: move what is there or choose another path")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(seen, opened) {
		err = errors.New("it was replaced while it was opened")
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

func checkFolder(info fs.FileInfo, uid int) error {
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != uid {
		return fmt.Errorf("it belongs to uid %d and this agent runs as uid %d: change its owner or choose another path", owner, uid)
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("everybody may write to it (mode %04o): take that right away, 0700 is enough", info.Mode().Perm())
	}
	return nil
}

// lock locks the folder itself, which leaves nothing behind and needs no right to write.
func (f *Folder) lock() error {
	err := unix.Flock(int(f.self.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errors.New("another agent uses it: stop that one or choose another path")
	}
	return err
}

// Close gives the folder up.
func (f *Folder) Close() error {
	if f.self == nil {
		return f.root.Close()
	}
	// Closing alone would leave the lock to a child that is being started and has not let go of the file yet.
	return errors.Join(unix.Flock(int(f.self.Fd()), unix.LOCK_UN), f.self.Close(), f.root.Close())
}
