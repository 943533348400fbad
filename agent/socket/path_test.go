package socket

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	long := strings.Repeat("x", MaxPath)
	tests := []struct{ path, want string }{
		{"/run/remora/remora.sock", ""},
		{"./remora.sock", ""},
		{long, ""},
		{long + "x", fmt.Sprintf("the path has %d bytes, a socket's path can have at most %d", MaxPath+1, MaxPath)},
		{"", "the path is empty"},
		{"a\x00b", "NUL"},
		{"@remora", "abstract socket"},
		{"/run/remora/", "names a folder"},
	}
	for _, test := range tests {
		err := CheckPath(test.path)
		if test.want == "" && err != nil || test.want != "" && !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("CheckPath(%q) = %v, want %q", test.path, err, test.want)
		}
	}
}

// TestLongPaths goes up to the limit and one above, so near to it that the folder to bind in has no
// room for its own name.
func TestLongPaths(t *testing.T) {
	dir := folder(t)
	for _, length := range []int{MaxPath - 20, MaxPath - 1, MaxPath} {
		path := pathOf(dir, length)
		checkServed(t, mustListen(t, Options{Path: path}), path)
	}
	checkRefused(t, Options{Path: pathOf(dir, MaxPath+1)}, "choose a shorter one")
}

// pathOf returns a path of exactly length bytes whose last part is one byte: the rest is folders.
func pathOf(dir string, length int) string {
	parent := filepath.Join(dir, strings.Repeat("d", length-len(dir)-len("//s")))
	return filepath.Join(parent, "s")
}

func TestParentFolder(t *testing.T) {
	dir := folder(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	mustListen(t, Options{Path: filepath.Join(closed, "s")})
	if got := modeOf(t, closed).Perm(); got != 0o700 {
		t.Errorf("a folder that was there has mode %v now", got)
	}
	checkRefused(t, Options{Path: filepath.Join(dir, "no", "such", "s")}, "one level is made")
}

func TestRelativePath(t *testing.T) {
	t.Chdir(folder(t))
	for _, path := range []string{"remora.sock", "./other.sock", "sub/remora.sock"} {
		l := mustListen(t, Options{Path: path})
		checkServed(t, l, path)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
