package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// becomeOwner lets a verb that root started take the ids of the store's owner, or of
// the owner of the folder where the store will be, before it opens or makes anything
// there: files of root's would lock the daemon out.
func becomeOwner(storePath string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(storePath)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(storePath))
	}
	if err != nil {
		return nil // opening the store says what is wrong with it
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	if err := errors.Join(syscall.Setgroups([]int{int(owner.Gid)}), syscall.Setgid(int(owner.Gid)), syscall.Setuid(int(owner.Uid))); err != nil {
		return fmt.Errorf("take the ids of the owner of %s: %w", storePath, err)
	}
	return nil
}
