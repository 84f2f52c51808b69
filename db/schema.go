package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// application is the application_id that the first migration gives our files.
const application = 1651011172

// ErrNewerSchema says that a newer version of the program has written the store.
var ErrNewerSchema = errors.New("the store was written by a newer version of bouncehound")

// upgrade brings the schema up to date, from nothing too.
func upgrade(ctx context.Context, writer *sql.DB) error {
	if err := recognise(ctx, writer); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, writer, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	// Another process may be upgrading the same file. Each migration is a
	// transaction together with its version, so the one that comes second fails
	// without harm and finds the work done when it looks again.
	for attempt := 0; ; attempt++ {
		has, knows, err := p.GetVersions(ctx)
		if err == nil && has > knows {
			return fmt.Errorf("%w: its schema has version %d, this program knows %d", ErrNewerSchema, has, knows)
		}
		if err == nil {
			if has == knows {
				return nil
			}
			_, err = p.Up(ctx)
		}
		if err != nil && (attempt == 3 || ctx.Err() != nil) {
			return fmt.Errorf("upgrade the schema: %w", err)
		}
	}
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
	var e sqlite3.Error // the driver returns the value, never a pointer
	if !errors.As(err, &e) {
		return err
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
