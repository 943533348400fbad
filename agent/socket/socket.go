package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// DefaultMode lets the socket's owner and group connect; connecting needs write permission.
const DefaultMode fs.FileMode = 0o660

// Options say where the socket is and who may connect.
type Options struct {
	Path   string       // at most MaxPath bytes; relative ones count from the working directory
	Mode   fs.FileMode  // permission bits; 0 means DefaultMode
	Group  string       // name or number of the group that the socket gets; empty: the kernel's choice
	Logger hclog.Logger // nil: no logs
}

// Listener is a net.Listener on a UNIX socket whose file it owns. Safe for concurrent use.
type Listener struct {
	inner *net.UnixListener
	path  string
	bound os.FileInfo // the socket that was bound, to know it again
	lock  *os.File
	log   hclog.Logger
	close func() error
}

var _ net.Listener = (*Listener)(nil)

// Listen opens the socket as the package comment describes. Errors name what was found at the path
// and what to do about it; then nothing at the path was changed.
func Listen(o Options) (*Listener, error) {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Mode == 0 {
		o.Mode = DefaultMode
	}
	l, err := listen(o)
	if err != nil {
		return nil, fmt.Errorf("listen on socket %q: %w", o.Path, err)
	}
	l.log.Info("listening", "path", o.Path, "mode", fmt.Sprintf("%04o", o.Mode), "group", o.Group)
	return l, nil
}

func listen(o Options) (*Listener, error) {
	if err := CheckPath(o.Path); err != nil {
		return nil, err
	}
	if o.Mode&^fs.ModePerm != 0 {
		return nil, fmt.Errorf("mode %v has more than permission bits: want 0001 to 0777", o.Mode)
	}
	gid, err := lookupGroup(o.Group)
	if err != nil {
		return nil, err
	}
	if err := makeParent(filepath.Dir(o.Path)); err != nil {
		return nil, err
	}
	lock, err := takeLock(o.Path + ".lock")
	if err != nil {
		return nil, err
	}
	l := &Listener{path: o.Path, lock: lock, log: o.Logger}
	if err := l.open(o.Mode, gid); err != nil {
		return nil, errors.Join(err, releaseLock(lock))
	}
	l.close = sync.OnceValue(l.shut)
	return l, nil
}

// open needs the lock.
func (l *Listener) open(mode fs.FileMode, gid int) error {
	stale, err := inspect(l.path, os.Geteuid())
	if err != nil {
		return err
	}
	if stale {
		l.log.Warn("replacing a stale socket", "path", l.path)
	}
	l.inner, l.bound, err = bind(l.path, mode, gid)
	return err
}

// Accept waits for the next connection, which is a *net.UnixConn.
func (l *Listener) Accept() (net.Conn, error) { return l.inner.Accept() }

// Addr is the path as it was given to Listen.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close ends Accept, removes the socket if it is still the one that was bound, and gives up the lock:
// from then on a successor may open the path, while connections that were accepted go on. It may be
// called again and then gives the same result.
func (l *Listener) Close() error { return l.close() }

// shut removes the file first: as long as the listener is open, the kernel can't give the number of
// its inode to another file, and as long as the lock is held, no agent renames a new one into place.
func (l *Listener) shut() error {
	return errors.Join(l.remove(), l.inner.Close(), releaseLock(l.lock))
}

func (l *Listener) remove() error {
	info, err := os.Lstat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove socket: %w", err)
	}
	if !os.SameFile(info, l.bound) {
		l.log.Warn("leaving alone what replaced the socket", "path", l.path, "found", kind(info.Mode()))
		return nil
	}
	return os.Remove(l.path)
}
