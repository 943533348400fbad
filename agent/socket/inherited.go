package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
)

// Inherited are sockets that somebody who starts agents, such as systemd, opened for this one and keeps
// open when it ends: clients that come while no agent runs wait in the kernel's queue.
type Inherited struct{ sockets []inherited }

type inherited struct {
	file *os.File
	path string // that it is bound to
}

// Inherit checks that each file is a listening stream socket with a path. Errors name what is wrong, and
// then all files are closed. The files belong to Inherited from here on.
func Inherit(files []*os.File) (*Inherited, error) {
	in := &Inherited{}
	var errs []error
	for _, file := range files {
		path, err := listeningAt(file)
		if err != nil {
			err = fmt.Errorf("use inherited socket %q: %w", file.Name(), err)
		}
		errs = append(errs, err)
		in.sockets = append(in.sockets, inherited{file, path})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// Listen gives the inherited socket at the options' path, or, when there is none, opens one as the
// function Listen does. The path, mode and group of an inherited socket are the business of who opened it:
// it is neither locked nor removed at the end, and where it does not look as the options want, a warning
// says so.
func (in *Inherited) Listen(o Options) (net.Listener, error) {
	for i, s := range in.sockets {
		if !samePlace(s.path, o.Path) {
			continue
		}
		l, err := net.FileListener(s.file)
		if err != nil {
			return nil, fmt.Errorf("use inherited socket %q: %w", o.Path, err)
		}
		if err := s.compare(o); err != nil {
			return nil, errors.Join(fmt.Errorf("use inherited socket %q: %w", o.Path, err), l.Close())
		}
		in.sockets = append(in.sockets[:i:i], in.sockets[i+1:]...)
		return l, s.file.Close()
	}
	l, err := Listen(o)
	if err != nil {
		return nil, err // a nil *Listener is no nil net.Listener
	}
	return l, nil
}

// Rest is an error when sockets are left for which nobody has asked: most likely they are at another
// path than the configuration says.
func (in *Inherited) Rest() error {
	var left []string
	for _, s := range in.sockets {
		left = append(left, fmt.Sprintf("%q at %s", s.file.Name(), s.path))
	}
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("use inherited sockets: %s: the configuration has no socket there; give the "+
		"socket unit's ListenStream and api.socket or api.admin_socket the same path", strings.Join(left, ", "))
}

// Close closes those that are left. It may be called again.
func (in *Inherited) Close() error {
	var errs []error
	for _, s := range in.sockets {
		errs = append(errs, s.file.Close())
	}
	in.sockets = nil
	return errors.Join(errs...)
}

// compare holds what is on the disk against what the options want.
func (s inherited) compare(o Options) error {
	info, err := os.Lstat(o.Path)
	if err != nil {
		return fmt.Errorf("nobody can reach it, restart the socket unit: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("nobody can reach it, %s is in its place: move that and restart the socket unit", kind(info.Mode()))
	}
	if o.Logger == nil {
		return nil
	}
	want := o.Mode
	if want == 0 {
		want = DefaultMode
	}
	if got := info.Mode().Perm(); got != want {
		o.Logger.Warn("an inherited socket has another mode, which counts", "path", o.Path,
			"mode", fmt.Sprintf("%04o", got), "configured", fmt.Sprintf("%04o", want))
	}
	if gid, err := lookupGroup(o.Group); err == nil && gid >= 0 && gid != groupOf(info) {
		o.Logger.Warn("an inherited socket has another group, which counts", "path", o.Path,
			"group", groupOf(info), "configured", o.Group)
	}
	o.Logger.Info("listening on an inherited socket", "path", o.Path, "name", s.file.Name())
	return nil
}
