package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// application is the application_id that the first migration gives our files.
const application = 1651011172

// ErrNewerSchema says that a newer version of the program has written the store.
var ErrNewerSchema = errors.New("the store was written by a newer version of bouncehound")

// upgrade brings the schema up to date, from nothing too. Another process may be
// doing the same to the same file: each migration is a transaction together with its
// version, so the one that comes second fails without harm and finds the work done
// when it looks again.
func upgrade(ctx context.Context, writer *sql.DB) error {
	for attempt := 1; ; attempt++ {
		done, err := tryUpgrade(ctx, writer, attempt)
		if done || attempt == upgradeAttempts || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(upgradeWait):
		}
	}
}

// For how long Open waits for another process that is upgrading: SQLite's own
// waiting does not hold while a file is put into WAL mode.
const (
	upgradeAttempts = 100
	upgradeWait     = 100 * time.Millisecond
)

// tryUpgrade returns done if trying again is of no use.
func tryUpgrade(ctx context.Context, writer *sql.DB, attempt int) (done bool, err error) {
	if err := recognise(ctx, writer); err != nil {
		return !busy(err), err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return true, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, writer, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return true, err
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		// Both may have made goose's own table at the same time.
		return !busy(err) && attempt > 3, fmt.Errorf("read the schema's version: %w", err)
	}
	if has > knows {
		return true, fmt.Errorf("%w: its schema has version %d, this program knows %d", ErrNewerSchema, has, knows)
	}
	if has == knows {
		return true, nil
	}
	if _, err = p.Up(ctx); err == nil {
		if has > 0 {
			err = makeShrink(ctx, writer)
		}
		return true, err
	}
	// Busy, or the other process was quicker: then there is nothing left to do.
	now, _, err2 := p.GetVersions(ctx)
	return err2 == nil && now == has && !busy(err), fmt.Errorf("upgrade the schema: %w", err)
}

// shrinkAtOnce is the size in octets up to which a store is written anew when it is
// upgraded: some second.
const shrinkAtOnce = 64 << 20

// makeShrink lets a store that was made before this was asked for give free space
// back. A larger one does so after a backup of it took its place.
func makeShrink(ctx context.Context, writer *sql.DB) error {
	var wanted bool
	err := writer.QueryRowContext(ctx, `SELECT auto_vacuum = 0 AND page_count * page_size <= ? FROM pragma_auto_vacuum, pragma_page_count, pragma_page_size`, shrinkAtOnce).Scan(&wanted)
	if err != nil || !wanted {
		return err
	}
	if _, err = writer.ExecContext(ctx, `PRAGMA auto_vacuum = INCREMENTAL; VACUUM`); busy(err) {
		return nil // somebody works on it: it stays as it is
	}
	return err
}

// busy says whether another process was in the way.
func busy(err error) bool {
	var e sqlite3.Error // the driver returns the value, never a pointer
	return errors.As(err, &e) && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}

// recognise refuses a file that is another program's database, before anything is
// written to it.
func recognise(ctx context.Context, writer *sql.DB) error {
	var id, tables int64
	err := writer.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version')`).
		Scan(&id, &tables)
	if err != nil {
		return err
	}
	if id != application && (id != 0 || tables > 0) {
		return errors.New("this is the database of another program")
	}
	return nil
}

// explain adds to an error of SQLite what it means to the person who sees it.
func explain(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.ExtendedCode {
	case sqlite3.ErrIoErrSHMOpen, sqlite3.ErrIoErrSHMSize, sqlite3.ErrIoErrSHMLock, sqlite3.ErrIoErrSHMMap:
		return fmt.Errorf("this file system cannot share memory between processes, which a store needs: %w", err)
	}
	switch e.Code {
	case sqlite3.ErrNotADB:
		return fmt.Errorf("this file is not a SQLite database: %w", err)
	case sqlite3.ErrCorrupt:
		return fmt.Errorf("the database is damaged: %w", err)
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen:
		return fmt.Errorf("the file and its folder must be writable: %w", err)
	case sqlite3.ErrFull:
		return fmt.Errorf("the disk is full: %w", err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("another process has held the store for too long: %w", err)
	}
	return err
}
