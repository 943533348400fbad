package socket

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// takeLock locks the file at path until releaseLock, or until the process dies. The file holds the
// pid of whoever has the lock, for the message that a second agent prints.
func takeLock(path string) (*os.File, error) {
	// O_NOFOLLOW: in a folder that others can write to, a symlink would have us truncate its target.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := lockFile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func lockFile(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at lock file: %w", err)
	}
	if err := checkLockFile(info, os.Geteuid()); err != nil {
		return fmt.Errorf("lock file %s %w: remove it or choose another path", file.Name(), err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("another agent%s is running: stop it or choose another path", holder(file))
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return writePID(file)
}

func checkLockFile(info fs.FileInfo, uid int) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is %s", kind(info.Mode()))
	}
	if owner := ownerOf(info); owner != uid {
		return fmt.Errorf("belongs to uid %d, not to uid %d", owner, uid)
	}
	return nil
}

// releaseLock empties the file before it unlocks, so that nobody reads the pid of a process that is gone.
func releaseLock(file *os.File) error {
	return errors.Join(file.Truncate(0), file.Close())
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	return nil
}

// holder returns " (pid N)", or nothing when the holder has not written its pid yet.
func holder(file *os.File) string {
	text, err := io.ReadAll(io.LimitReader(file, 32))
	pid := strings.TrimSpace(string(text))
	if _, bad := strconv.Atoi(pid); err != nil || bad != nil {
		return ""
	}
	return " (pid " + pid + ")"
}

func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

func groupOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Gid) }
