package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// replaceFile gives the file at path new contents at one moment: an agent that reloads meanwhile
// reads the old ones or the new ones. Mode stays; of a symbolic link, what it points to is replaced.
func replaceFile(path string, contents []byte) (err error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	// The name does not end in .hcl, so that nobody takes the file for configuration.
	temp, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+".*.tmp")
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
			err = fmt.Errorf("replace %s: %w", path, err)
		}
	}()
	if err := writeAndClose(temp, contents, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), target)
}

func writeAndClose(f *os.File, contents []byte, mode os.FileMode) error {
	_, err := f.Write(contents)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
