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
)

// A Condition is how a store is: its file, its schema, its space.
type Condition struct {
	Path     string
	Schema   int64 // version of the schema
	Size     int64 // octets of the file
	Log      int64 // octets of its write-ahead log
	Free     int64 // octets of the file that hold nothing and are used again
	Shrinks  bool  // free space is given back to the file system bit by bit
	Disk     int64 // octets that are free on the file system for the store's owner
	Problems []Problem
}

// A Problem is something wrong with a store and what to do about it.
type Problem struct{ What, Fix string }

// lowDisk is how much must be free on the disk: SQLite's log may grow to 64 MiB.
const lowDisk = 256 << 20

// Inspect looks whether the store is sound. It reads all of the file, a second or so a
// gigabyte, and is in nobody's way. It returns an error only where it could not look.
func (db *DB) Inspect(ctx context.Context) (Condition, error) {
	c, err := db.inspect(ctx)
	if err != nil {
		return Condition{}, fmt.Errorf("inspect store %s: %w", db.path, explain(err))
	}
	return c, nil
}

func (db *DB) inspect(ctx context.Context) (Condition, error) {
	c := Condition{Path: db.path}
	var id, pageSize, free, vacuum int64
	err := db.readers.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT page_size FROM pragma_page_size),
		(SELECT freelist_count FROM pragma_freelist_count), (SELECT auto_vacuum FROM pragma_auto_vacuum),
		(SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1)`).Scan(&id, &pageSize, &free, &vacuum, &c.Schema)
	if err != nil {
		return c, err
	}
	c.Free, c.Shrinks = free*pageSize, vacuum != 0
	if id != application {
		c.problem("the file does not say that it is ours", "restore the latest backup, as bouncehound backup --help tells")
	}
	damage, err := quickCheck(ctx, db.readers)
	if err != nil {
		return c, err
	}
	for _, d := range damage {
		c.problem("the store is damaged: "+d, "stop the daemon and restore the latest backup, as bouncehound backup --help tells")
	}
	return c, c.files()
}

// files looks at the store's files and their disk.
func (c *Condition) files() error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(c.Path + suffix)
		if errors.Is(err, fs.ErrNotExist) && suffix != "" {
			continue
		}
		if err != nil {
			return err
		}
		switch suffix {
		case "":
			c.Size = info.Size()
		case "-wal":
			c.Log = info.Size()
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			c.problem(fmt.Sprintf("others than its owner can open %s (mode %04o)", c.Path+suffix, mode), "chmod 600 "+c.Path+suffix)
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(c.Path), &disk); err != nil {
		return fmt.Errorf("ask for the space on the disk: %w", err)
	}
	c.Disk = int64(disk.Bavail) * int64(disk.Bsize)
	if c.Disk < lowDisk {
		c.problem(fmt.Sprintf("only %d MB are free on the disk", c.Disk/1_000_000), "make room: what cannot be written is not read from the inbox either")
	}
	return nil
}

func (c *Condition) problem(what, fix string) { c.Problems = append(c.Problems, Problem{what, fix}) }

// quickCheck returns what SQLite finds wrong in a file, at most ten findings.
func quickCheck(ctx context.Context, q querier) ([]string, error) {
	found, err := collect(stream(ctx, q, "check the file", func(rows *sql.Rows) (s string, err error) {
		err = rows.Scan(&s)
		return s, err
	}, `PRAGMA quick_check(10)`))
	if len(found) == 1 && found[0] == "ok" {
		found = nil
	}
	return found, err
}
