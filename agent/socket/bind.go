package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// bindName is the socket's name while it stands in its private folder: short, to fit an address.
const bindName = "s"

// bind returns a listener whose socket stands at path with the mode and, unless gid is -1, the group,
// and what identifies the socket's file. A socket that was at path before is replaced.
func bind(path string, mode fs.FileMode, gid int) (*net.UnixListener, os.FileInfo, error) {
	dir, err := privateFolder(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	listener, err := listenIn(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("bind: %w", err)
	}
	listener.SetUnlinkOnClose(false) // the name that it was bound to means nothing later
	info, err := publish(filepath.Join(dir, bindName), path, mode, gid)
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, info, nil
}

func privateFolder(parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, ".remora-") // 0700 at most
	if err != nil {
		return "", fmt.Errorf("make a folder to bind in: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { // and not less, whatever the umask
		return "", errors.Join(fmt.Errorf("make a folder to bind in: %w", err), os.Remove(dir))
	}
	return dir, nil
}

// listenIn binds in dir. When the name there is too long for a socket address although the final
// path is not, it goes through the folder's descriptor, which Linux spells as a short path.
func listenIn(dir string) (*net.UnixListener, error) {
	name := filepath.Join(dir, bindName)
	if len(name) > MaxPath {
		handle, err := os.Open(dir)
		if err != nil {
			return nil, err
		}
		defer handle.Close()
		name = filepath.Join("/proc/self/fd", strconv.Itoa(int(handle.Fd())), bindName)
	}
	return net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
}

// publish sets the group before the mode, so that the mode never holds for another group, and moves
// the socket to where others can reach it as the last step.
func publish(temp, path string, mode fs.FileMode, gid int) (os.FileInfo, error) {
	if gid >= 0 {
		if err := os.Lchown(temp, -1, gid); err != nil {
			return nil, fmt.Errorf("set the socket's group (the agent's user must be a member): %w", err)
		}
	}
	if err := os.Chmod(temp, mode); err != nil {
		return nil, fmt.Errorf("set the socket's mode: %w", err)
	}
	info, err := os.Lstat(temp)
	if err != nil {
		return nil, fmt.Errorf("look at the new socket: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, fmt.Errorf("move the socket into place: %w", err)
	}
	return info, nil
}
