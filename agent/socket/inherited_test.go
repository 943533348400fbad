package socket

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// fileOf gives what a parent would hand over, under a name.
func fileOf(t *testing.T, c interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	file, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestInheritedSocketIsServedAndLeftAlone(t *testing.T) {
	dir := folder(t)
	if err := os.Symlink(dir, dir+".link"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir + ".link") })
	for _, wanted := range []string{dir, dir + "/../" + filepath.Base(dir), dir + ".link"} {
		path := filepath.Join(dir, "s")
		_ = os.Remove(path)
		parent := listenRaw(t, path)
		in, err := Inherit([]*os.File{fileOf(t, parent)})
		if err != nil {
			t.Fatal(err)
		}
		l, err := in.Listen(Options{Path: wanted + "/s"})
		if err != nil {
			t.Fatal(err)
		}
		checkServed(t, l, path)
		if err := in.Rest(); err != nil {
			t.Errorf("Rest = %v", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := names(t, dir); len(got) != 1 || got[0] != "s" {
			t.Errorf("the folder holds %v, want the socket alone: no lock, and nothing removed", got)
		}
		checkServed(t, parent, path) // as the next agent would get it
	}
}

func TestWhatWasNotInheritedIsOpened(t *testing.T) {
	path := filepath.Join(folder(t), "s")
	in, err := Inherit(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := in.Listen(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	checkServed(t, l, path)
	if l, err := in.Listen(Options{Path: path}); l != nil || err == nil {
		t.Errorf("a second agent got %v, %v", l, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestInheritRefuses(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string) *os.File
		want string
	}{
		{"datagram socket", func(t *testing.T, path string) *os.File {
			c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			return fileOf(t, c)
		}, "no stream socket"},
		{"connected socket", func(t *testing.T, path string) *os.File {
			l := listenRaw(t, path)
			client, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			server, err := l.AcceptUnix()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			return fileOf(t, server)
		}, "Accept=no"},
		{"TCP socket", func(t *testing.T, _ string) *os.File {
			l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			return fileOf(t, l)
		}, "no UNIX socket"},
		{"abstract socket", func(t *testing.T, path string) *os.File { return fileOf(t, listenRaw(t, "@"+path)) }, "no absolute path"},
		{"file", func(t *testing.T, path string) *os.File {
			file, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			return file
		}, "no socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := test.make(t, filepath.Join(folder(t), "s"))
			_, err := Inherit([]*os.File{file})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), strconv.Quote(file.Name())) {
				t.Errorf("Inherit = %v, want the name and %q", err, test.want)
			}
			if file.Close() == nil {
				t.Error("the file was left open")
			}
		})
	}
}

func TestInheritedSocketAtAnotherPathIsAnError(t *testing.T) {
	dir := folder(t)
	file := fileOf(t, listenRaw(t, filepath.Join(dir, "other")))
	in, err := Inherit([]*os.File{file})
	if err != nil {
		t.Fatal(err)
	}
	l, err := in.Listen(Options{Path: filepath.Join(dir, "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := in.Rest(); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "other")) {
		t.Errorf("Rest = %v, want the path that nobody asked for", err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

// TestInheritedSocketThatNobodyCanReach has a row for what can have become of the path.
func TestInheritedSocketThatNobodyCanReach(t *testing.T) {
	for name, place := range map[string]func(path string) error{
		"removed":  func(string) error { return nil },
		"replaced": func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder(t), "s")
			in, err := Inherit([]*os.File{fileOf(t, listenRaw(t, path))})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := place(path); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Listen(Options{Path: path}); err == nil || !strings.Contains(err.Error(), "restart the socket unit") {
				t.Errorf("Listen = %v, want what to do", err)
			}
		})
	}
}

func TestInheritedModeAndGroupAreCompared(t *testing.T) {
	path := filepath.Join(folder(t), "s")
	parent := listenRaw(t, path)
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	in, err := Inherit([]*os.File{fileOf(t, parent)})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	l, err := in.Listen(Options{Path: path, Group: "54321", Logger: hclog.New(&hclog.LoggerOptions{Output: &log})})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, want := range []string{"mode=0666 configured=0660", "configured=54321"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}
