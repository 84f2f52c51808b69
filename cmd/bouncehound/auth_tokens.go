package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"bouncehound/poller"
)

// A tokenFile keeps the sign-in of one mailbox beside the store: tokens/MAILBOX.json,
// for the store's owner alone.
type tokenFile struct {
	path  string
	store string // whose owner it shall have
}

// tokensOf returns where the sign-in of a mailbox is kept. A mailbox's name holds
// letters, digits, "-", "_" and "." only.
func tokensOf(storePath, mailbox string) tokenFile {
	return tokenFile{filepath.Join(filepath.Dir(storePath), "tokens", mailbox+".json"), storePath}
}

// Load implements poller.TokenStore.
func (f tokenFile) Load() (s poller.Stored, err error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return poller.Stored{}, nil
	}
	if err != nil {
		return poller.Stored{}, err
	}
	if json.Unmarshal(text, &s) != nil { // its error may quote the token
		return poller.Stored{}, fmt.Errorf("%s is no stored token", f.path)
	}
	return s, nil
}

// Save implements poller.TokenStore. The file is written whole or not at all: a crash
// leaves the token before.
func (f tokenFile) Save(s poller.Stored) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("save the token: %w", err)
	}
	if err := f.makeFolder(); err != nil {
		return err
	}
	dir := filepath.Dir(f.path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(f.path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("save the token: %w", err)
	}
	_, err = temp.Write(append(text, '\n'))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = f.give(temp.Name())
	}
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("save the token: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	if d, err := os.Open(dir); err == nil { // the rename must last too
		_ = d.Sync()
		d.Close()
	}
	return nil
}

// makeFolder makes the folder of the tokens where it does not exist.
func (f tokenFile) makeFolder() error {
	dir := filepath.Dir(f.path)
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("save the token: %w", err)
	}
	return f.give(dir)
}

// give makes the store's owner the owner of a file of root's.
func (f tokenFile) give(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(f.store)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(f.store))
	}
	if err != nil {
		return fmt.Errorf("save the token: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := os.Lchown(path, int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("save the token: %w", err)
	}
	return nil
}
