package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MaxPath is the length in bytes of the longest path that fits a socket address: 107 on Linux.
const MaxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// CheckPath says whether a path can name a socket, without looking at the disk.
func CheckPath(path string) error {
	switch {
	case path == "":
		return errors.New("the path is empty")
	case len(path) > MaxPath:
		return fmt.Errorf("the path has %d bytes, a socket's path can have at most %d: choose a shorter one",
			len(path), MaxPath)
	case strings.ContainsRune(path, 0):
		return errors.New("the path has a NUL byte")
	case strings.HasPrefix(path, "@"):
		return errors.New("a path that begins with '@' is an abstract socket to clients: write ./@… instead")
	case strings.HasSuffix(path, "/"):
		return errors.New("the path names a folder: add the socket's name")
	}
	return nil
}

// lookupGroup returns -1, which chown(2) takes as "leave it", for no group.
func lookupGroup(name string) (gid int, err error) {
	if name == "" {
		return -1, nil
	}
	if g, err := user.LookupGroup(name); err == nil {
		name = g.Gid
	}
	n, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("group %q is not known on this host: create it or name another", name)
	}
	return int(n), nil
}

// makeParent makes the last folder of the way to the socket, open for all to pass: who may connect
// is for the socket's own mode to say. A folder that is there already keeps its mode.
func makeParent(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the socket's folder (one level is made, not more): %w", err)
	}
	return os.Chmod(dir, 0o755) // the umask may have taken bits away
}
