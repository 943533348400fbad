package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/balancer"
)

// maxFileBytes bounds what is read of one file: room for 100,000 services.
const maxFileBytes = 64 << 20

// Loader reads configurations. The zero Loader is ready to use, and so are the functions Load and
// Parse, which are its methods.
type Loader struct {
	// Strategies are the names that a strategy may have, the default first. Empty means all that the
	// balancer has.
	Strategies []string

	// LookupEnv answers env(); nil means os.LookupEnv.
	LookupEnv func(name string) (string, bool)

	// LookupGroup says whether a group of users exists on this host; nil asks the host.
	LookupGroup func(name string) error
}

// Load reads files and folders, which together are one configuration: of a folder, all its *.hcl and
// *.hcl.json files in the order of their names, hidden ones and folders in it left out. Without a path
// it gives the defaults. The error is of type Faults.
func Load(paths ...string) (*Config, error) { return Loader{}.Load(paths...) }

// Parse reads one file that is in memory: in JSON when name ends in .json, else in the native syntax.
// The name appears in faults only. The error is of type Faults.
func Parse(name string, src []byte) (*Config, error) { return Loader{}.Parse(name, src) }

// Load is as the function Load.
func (l Loader) Load(paths ...string) (*Config, error) {
	var files []*file
	var faults Faults
	for _, path := range paths {
		names, err := expand(path)
		if err != nil {
			faults = append(faults, Fault{File: path, Summary: reason(err)})
		}
		for _, name := range names {
			src, err := readFile(name)
			if err != nil {
				faults = append(faults, Fault{File: name, Summary: reason(err)})
				continue
			}
			files = append(files, &file{name: name, src: src})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return l.read(files)
}

// Parse is as the function Parse.
func (l Loader) Parse(name string, src []byte) (*Config, error) {
	return l.read([]*file{{name: name, src: src}})
}

// expand gives path itself, or the files of the folder that it is.
func expand(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if wanted(path, entry) {
			names = append(names, filepath.Join(path, entry.Name()))
		}
	}
	if len(names) == 0 {
		return nil, errors.New("the folder holds no *.hcl or *.hcl.json file")
	}
	return names, nil
}

func wanted(folder string, entry fs.DirEntry) bool {
	name := entry.Name()
	if strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".hcl") && !strings.HasSuffix(name, ".hcl.json") {
		return false
	}
	info, err := os.Stat(filepath.Join(folder, name)) // a link counts as what it points to
	return err != nil || !info.IsDir()                // what can't be looked at is a fault when it is read
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	src, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(src) > maxFileBytes {
		return nil, fmt.Errorf("the file is larger than %d MB", maxFileBytes>>20)
	}
	return src, nil
}

// reason is the error without the path, which stands before it already.
func reason(err error) string {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return "can't be read: " + pathErr.Err.Error()
	}
	return err.Error()
}

// allStrategies are those of the balancer, in its order.
var allStrategies = func() []string {
	var names []string
	for _, s := range balancer.Strategies() {
		names = append(names, string(s))
	}
	return names
}()

func (l Loader) strategies() []string {
	if len(l.Strategies) == 0 {
		return allStrategies
	}
	return l.Strategies
}

func (l Loader) lookupEnv(name string) (string, bool) {
	if l.LookupEnv == nil {
		return os.LookupEnv(name)
	}
	return l.LookupEnv(name)
}

// lookupGroup takes a number for the id of a group, which needs no entry in the host's list.
func (l Loader) lookupGroup(name string) error {
	if l.LookupGroup != nil {
		return l.LookupGroup(name)
	}
	if isID(name) {
		return nil
	}
	_, err := user.LookupGroup(name)
	return err
}

func isID(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}
