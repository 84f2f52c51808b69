package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrExists says that there is a file already where a backup was to be written.
var ErrExists = errors.New("there is a file already")

// Backup writes the store as it is at one moment to path, a store like any other,
// while everybody goes on reading and writing: whole and safe on the disk, or not at
// all, readable by its owner only. It returns the size in octets. The error wraps
// ErrExists where there is a file already and replace is false. The store itself, or
// one that somebody has open, is never replaced.
//
// What lies beside the store is not in it: the key of forgotten addresses (see
// Forget), tokens, exports.
func (db *DB) Backup(ctx context.Context, path string, replace bool) (size int64, err error) {
	if size, err = db.backup(ctx, path, replace); err != nil {
		return 0, fmt.Errorf("backup to %s: %w", path, explain(err))
	}
	return size, nil
}

func (db *DB) backup(ctx context.Context, path string, replace bool) (size int64, err error) {
	if err := db.mayReplace(path, replace); err != nil {
		return 0, err
	}
	dir := filepath.Dir(path)
	removeKilled(dir, time.Now())
	f, err := os.CreateTemp(dir, unfinished) // with mode 0600; SQLite writes into an empty file
	if err != nil {
		return 0, plain(err)
	}
	temp := f.Name()
	defer func() {
		if err2 := os.Remove(temp); err2 != nil && !errors.Is(err2, fs.ErrNotExist) {
			err = errors.Join(err, err2)
		}
	}()
	if err := f.Close(); err != nil {
		return 0, err
	}
	if err := db.vacuumInto(ctx, temp); err != nil {
		return 0, err
	}
	info, err := synced(temp)
	if err != nil {
		return 0, err
	}
	if replace {
		err = os.Rename(temp, path)
	} else if err = os.Link(temp, path); errors.Is(err, fs.ErrExist) { // unlike Rename, it never replaces
		return 0, ErrExists
	} else if err != nil { // a file system without hard links
		if err := db.mayReplace(path, false); err != nil {
			return 0, err
		}
		err = os.Rename(temp, path)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), syncFolder(dir)
}

// unfinished is the name of a backup that is being written.
const unfinished = ".bouncehound-*.tmp"

// removeKilled removes what processes that were killed a day ago or more left of their
// backups in a folder. One that cannot be removed does no harm.
func removeKilled(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if ours, err := filepath.Match(unfinished, e.Name()); err != nil || !ours || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > 24*time.Hour {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// mayReplace says whether a backup may be written to path.
func (db *DB) mayReplace(path string, replace bool) error {
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return plain(err)
	}
	store, err := os.Stat(db.path)
	switch {
	case err != nil:
		return plain(err)
	case os.SameFile(there, store):
		return errors.New("this is the store itself")
	case !there.Mode().IsRegular():
		return errors.New("this is no regular file")
	case !replace:
		return ErrExists
	}
	// What stands in its write-ahead log would become part of the backup.
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return errors.New("this store is in use: it has a write-ahead log")
	}
	return nil
}

// vacuumInto copies the store and looks whether the copy is sound.
func (db *DB) vacuumInto(ctx context.Context, path string) (err error) {
	from := sql.OpenDB(connector{dsn(db.path) + shared + "&_txlock=deferred", `PRAGMA auto_vacuum = INCREMENTAL`})
	defer func() { err = errors.Join(err, from.Close()) }()
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return err
	}
	to := sql.OpenDB(connector{dsn(path) + "?mode=ro&immutable=1", ``})
	defer func() { err = errors.Join(err, to.Close()) }()
	damage, err := quickCheck(ctx, to)
	if err == nil && len(damage) > 0 {
		err = fmt.Errorf("the copy is damaged: %s", damage[0])
	}
	return err
}

// syncFolder makes the entries of a folder safe on the disk.
func syncFolder(path string) error {
	_, err := synced(path)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // QUIRK: some network file systems cannot sync a folder
	}
	return err
}

// synced makes a file safe on the disk.
func synced(path string) (fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return info, errors.Join(err, f.Sync(), f.Close())
}
