package db

import (
	"context"
	"database/sql"
	"fmt"

	"bouncehound"
)

// OpenCursor returns the cursor of a consumer. One that is first seen gets a cursor
// that begins where start says; an empty start is bouncehound.StartNow.
func (db *DB) OpenCursor(ctx context.Context, consumer string, start bouncehound.Start) (bouncehound.Cursor, error) {
	var c bouncehound.Cursor
	var rewound int64
	query := `SELECT ` + cursorColumns + `, rewound FROM cursors WHERE consumer = ?`
	into := append(cursorInto(&c), &rewound)
	ok, err := found(db.readers.QueryRowContext(ctx, query, consumer).Scan(into...))
	if err != nil {
		return bouncehound.Cursor{}, fmt.Errorf("open cursor %s: %w", consumer, explain(err))
	}
	if !ok {
		err = db.write(ctx, "open cursor "+consumer, func(t *transaction) error {
			if err := t.newCursor(consumer, start); err != nil {
				return err
			}
			_, err := t.one(query, []any{consumer}, into...)
			return err
		})
		if err != nil {
			return bouncehound.Cursor{}, err
		}
	}
	db.rewound.Store(consumer, rewound)
	return c, nil
}

// newCursor begins a cursor, unless another process has been quicker.
func (t *transaction) newCursor(consumer string, start bouncehound.Start) error {
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
	_, err := t.exec(`INSERT INTO cursors (consumer, sequence, catch_up, began) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		consumer, sequence, catchUp, max(sequence, catchUp))
	return err
}

// SaveCursor stores a cursor. It never moves one back: that is for Rewind alone. If
// the cursor was rewound since this DB opened it, that stands and nothing is stored:
// whoever goes on with the cursor opens it again and sees where it is.
func (db *DB) SaveCursor(ctx context.Context, c bouncehound.Cursor) error {
	return db.write(ctx, "save cursor "+c.Consumer, func(t *transaction) error { return db.saveCursor(t, c) })
}

func (db *DB) saveCursor(t *transaction, c bouncehound.Cursor) error {
	rewound, opened := db.rewound.Load(c.Consumer)
	_, err := t.exec(`INSERT INTO cursors (consumer, sequence, catch_up, attempts, next_at, last_error, skipped, paused) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence), catch_up = excluded.catch_up, attempts = excluded.attempts,
		next_at = excluded.next_at, last_error = excluded.last_error, skipped = excluded.skipped, paused = excluded.paused
		WHERE NOT ? OR rewound = ?`,
		c.Consumer, c.Sequence, c.CatchUp, c.Attempts, stamp(c.NextAt), c.LastError, c.Skipped, c.Paused, opened, rewound)
	return err
}

// Rewind sets the cursor of a consumer to a sequence, back or ahead, so that the
// event after it comes next, and at once. The error wraps ErrNotFound for a
// consumer never seen.
func (db *DB) Rewind(ctx context.Context, consumer string, sequence int64) error {
	return db.write(ctx, "rewind "+consumer, func(t *transaction) error {
		n, err := t.exec(`UPDATE cursors SET sequence = ?, attempts = 0, next_at = NULL, last_error = '', rewound = rewound + 1, began = min(began, ?)
			WHERE consumer = ?`, sequence, sequence, consumer)
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

const cursorColumns = `consumer, sequence, catch_up, attempts, next_at, last_error, skipped, paused`

func cursorInto(c *bouncehound.Cursor) []any {
	return []any{&c.Consumer, &c.Sequence, &c.CatchUp, &c.Attempts, (*stamp)(&c.NextAt), &c.LastError, &c.Skipped, &c.Paused}
}

func scanCursor(rows *sql.Rows) (c bouncehound.Cursor, err error) {
	err = rows.Scan(cursorInto(&c)...)
	return c, err
}
