package export

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ToFile makes the file path hold what write writes: all of it, or, if anything
// fails, what it held before. The text goes to a temporary file in the same
// directory, which takes the place of path once it is safe on the disk. A process
// killed before that leaves a file .bouncehound-*.tmp behind, which a later call
// for a file of the same directory removes when it is a day old.
//
// A new file has mode less the umask; a replaced one keeps its permission bits. A
// symbolic link is followed, as by any program that writes to it, so the file it
// points to is replaced and the link stays. What is no regular file, such as a
// pipe or /dev/stdout, is written to directly. A store or a copy of one is not
// replaced: that is an error.
func ToFile(path string, mode fs.FileMode, write func(io.Writer) error) error {
	// Stat follows links itself, so that the kernel's protection against planted
	// links in world-writable directories (fs.protected_symlinks) holds here too.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return fmt.Errorf("write file: %w", err)
	case info.IsDir():
		return fmt.Errorf("write file: %s is a directory", path)
	case !info.Mode().IsRegular():
		return writeThrough(path, write)
	case isDatabase(path):
		return fmt.Errorf("write file: %s is a SQLite database, and no list takes its place", path)
	}
	target, err := followLinks(path)
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := replace(target, info, mode, write); err != nil {
		return fmt.Errorf("write file %s: %w", path, err)
	}
	return nil
}

// isDatabase says whether a file begins as SQLite's do (https://sqlite.org/fileformat2.html
// section 1.3).
func isDatabase(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == "SQLite format 3\x00"
}

// replace writes a temporary file and puts it in the place of target; info is what
// is there now, nil if nothing is.
func replace(target string, info fs.FileInfo, mode fs.FileMode, write func(io.Writer) error) (err error) {
	dir, _ := filepath.Split(target)
	sweep(dir, time.Now())
	temp := dir + tempPrefix + strings.ToLower(rand.Text()) + tempSuffix
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return err
	}
	placed := false
	defer func() {
		if !placed { // also when write panics
			f.Close()
			os.Remove(temp)
		}
	}()
	if info != nil {
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, target); err != nil {
		return err
	}
	placed = true
	return syncDir(dir)
}

const (
	tempPrefix = ".bouncehound-"
	tempSuffix = ".tmp"
)

// sweep removes the temporary files that killed processes left in dir. One that
// cannot be removed does no harm.
func sweep(dir string, now time.Time) {
	entries, err := os.ReadDir(dir + ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, tempPrefix) || !strings.HasSuffix(name, tempSuffix) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > 24*time.Hour {
			os.Remove(dir + name)
		}
	}
}

// syncDir makes a rename in dir, "" or ending in a slash, safe on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir + ".")
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // QUIRK: some network file systems cannot sync a directory
	}
	return err
}

// followLinks returns the path that a symbolic link leads to, which need not
// exist, and any other path as it is.
func followLinks(path string) (string, error) {
	for range 40 { // as many as Linux follows
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path)
			to = dir + to // not Join: it would take "link/.." out
		}
		path = to
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("write file %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
