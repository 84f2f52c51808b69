package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bouncehound"
)

// An ExportCursor is how far an incremental export has read, and what it keeps from
// being taken out of the store.
type ExportCursor struct {
	What   string    `json:"what"` // "bounces", "contacts" or "do-not-email"
	Name   string    `json:"name"`
	Behind int64     `json:"behind"`         // events, or where what is bounces these, that it has not passed
	Since  time.Time `json:"since,omitzero"` // when the first of them was stored
}

// ExportCursors returns the cursors of all incremental exports, by what they export
// and their names.
func (db *DB) ExportCursors(ctx context.Context) ([]ExportCursor, error) {
	scan := func(rows *sql.Rows) (c ExportCursor, err error) {
		var consumer string
		err = rows.Scan(&consumer, &c.Behind, (*stamp)(&c.Since))
		c.What, c.Name, _ = strings.Cut(strings.TrimPrefix(consumer, ExportPrefix), "/")
		return c, err
	}
	return collect(stream(ctx, db.readers, "export cursors", scan, `SELECT name AS consumer, (SELECT count(*) FROM bounces WHERE id > CAST(value AS INTEGER)),
		(SELECT m.recorded_at FROM bounces b JOIN messages m ON m.number = b.message WHERE b.id > CAST(value AS INTEGER) ORDER BY b.id LIMIT 1)
		FROM settings WHERE name >= 'export/' AND name < 'export0'
		UNION ALL SELECT consumer, (SELECT count(*) FROM events WHERE sequence > c.sequence),
		(SELECT at FROM events WHERE sequence > c.sequence ORDER BY sequence LIMIT 1)
		FROM cursors c WHERE consumer >= 'export/' AND consumer < 'export0' ORDER BY consumer`))
}

// DropExportCursor forgets how far an incremental export has read: the next one of
// that name begins with everything. The error wraps ErrNotFound where there is none.
func (db *DB) DropExportCursor(ctx context.Context, what, name string) error {
	consumer, ofBounces := exportConsumer(what, name)
	table := `cursors WHERE consumer`
	if ofBounces {
		table = `settings WHERE name`
	}
	return db.write(ctx, "drop export cursor "+name, func(t *transaction) error {
		n, err := t.exec(`DELETE FROM `+table+` = ?`, consumer)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// DropCursor forgets a webhook: how far it has read, its dead letters, of which it
// returns the number, and that it failed. Events are no longer kept for it. The error
// wraps ErrNotFound where there is none.
func (db *DB) DropCursor(ctx context.Context, consumer string) (letters int, err error) {
	err = db.write(ctx, "drop cursor "+consumer, func(t *transaction) error {
		if IsExport(consumer) {
			return fmt.Errorf("it is that of an export: %w", ErrNotFound)
		}
		n, err := t.exec(`DELETE FROM cursors WHERE consumer = ?`, consumer)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if n, err = t.exec(`DELETE FROM dead_letters WHERE consumer = ?`, consumer); err != nil {
			return err
		}
		letters = int(n)
		_, err = t.exec(`DELETE FROM failing WHERE type = ? AND subject = ?`, bouncehound.WebhookFailing, consumer)
		return err
	})
	return letters, err
}

// After returns how many events come after a sequence, and when the first of them was
// written: what a cursor that stands there keeps in the store.
func (db *DB) After(ctx context.Context, sequence int64) (n int64, oldest time.Time, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT count(*), (SELECT at FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT 1)
		FROM events WHERE sequence > ?1`, sequence).Scan(&n, (*stamp)(&oldest))
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("events after %d: %w", sequence, explain(err))
	}
	return n, oldest, nil
}
