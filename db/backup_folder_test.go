package db

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// TestSyncFolder: a file system that cannot sync a folder fails no backup that is there.
func TestSyncFolder(t *testing.T) {
	if err := syncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := syncFolder(t.TempDir() + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	const cannot = "/proc/self" // as is so of some network file systems
	f, err := os.Open(cannot)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Skipf("%s can be synced: %v", cannot, err)
	}
	if err := syncFolder(cannot); err != nil {
		t.Error(err)
	}
}
