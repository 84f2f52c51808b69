package db

import (
	"context"
	"database/sql"
	"fmt"

	"bouncehound"
)

// OpenCursor returns the cursor of a consumer. One that is first seen gets a cursor
// that begins where start says.
func (db *DB) OpenCursor(ctx context.Context, consumer string, start bouncehound.Start) (bouncehound.Cursor, error) {
	var c bouncehound.Cursor
	query := `SELECT ` + cursorColumns + ` FROM cursors WHERE consumer = ?`
	ok, err := found(db.readers.QueryRowContext(ctx, query, consumer).Scan(cursorInto(&c)...))
	if err != nil {
		return bouncehound.Cursor{}, fmt.Errorf("open cursor %s: %w", consumer, explain(err))
	}
	if ok {
		return c, nil
	}
	err = db.write(ctx, "open cursor "+consumer, func(t *transaction) error {
		var last, sequence, catchUp int64
		if _, err := t.one(lastSequence, nil, &last); err != nil {
			return err
		}
		switch start {
		case bouncehound.StartNow, "":
			sequence = last
		case bouncehound.StartBeginning:
		case bouncehound.StartStandings:
			catchUp = last
		default:
			return fmt.Errorf("start %q is not known", start)
		}
		// Another process may have been quicker: then its cursor it is.
		_, err := t.exec(`INSERT INTO cursors (consumer, sequence, catch_up) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, consumer, sequence, catchUp)
		if err != nil {
			return err
		}
		_, err = t.one(query, []any{consumer}, cursorInto(&c)...)
		return err
	})
	return c, err
}

// SaveCursor stores a cursor. It never moves one back: that is for Rewind alone.
func (db *DB) SaveCursor(ctx context.Context, c bouncehound.Cursor) error {
	return db.write(ctx, "save cursor "+c.Consumer, func(t *transaction) error { return t.saveCursor(c) })
}

func (t *transaction) saveCursor(c bouncehound.Cursor) error {
	_, err := t.exec(`INSERT INTO cursors (consumer, sequence, catch_up, attempts, next_at, last_error, paused) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence), catch_up = excluded.catch_up, attempts = excluded.attempts,
		next_at = excluded.next_at, last_error = excluded.last_error, paused = excluded.paused`,
		c.Consumer, c.Sequence, c.CatchUp, c.Attempts, stamp(c.NextAt), c.LastError, c.Paused)
	return err
}

// Rewind sets the cursor of a consumer to a sequence, back or ahead, so that the
// event after it comes next, and at once. The error wraps ErrNotFound for a
// consumer never seen.
func (db *DB) Rewind(ctx context.Context, consumer string, sequence int64) error {
	return db.write(ctx, "rewind "+consumer, func(t *transaction) error {
		n, err := t.exec(`UPDATE cursors SET sequence = ?, attempts = 0, next_at = NULL, last_error = '' WHERE consumer = ?`, sequence, consumer)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// Cursors returns all cursors, by consumer.
func (db *DB) Cursors(ctx context.Context) ([]bouncehound.Cursor, error) {
	return collect(stream(ctx, db.readers, "cursors", scanCursor, `SELECT `+cursorColumns+` FROM cursors ORDER BY consumer`))
}

const cursorColumns = `consumer, sequence, catch_up, attempts, next_at, last_error, paused`

func cursorInto(c *bouncehound.Cursor) []any {
	return []any{&c.Consumer, &c.Sequence, &c.CatchUp, &c.Attempts, (*stamp)(&c.NextAt), &c.LastError, &c.Paused}
}

func scanCursor(rows *sql.Rows) (c bouncehound.Cursor, err error) {
	err = rows.Scan(cursorInto(&c)...)
	return c, err
}
