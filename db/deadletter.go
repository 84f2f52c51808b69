package db

import (
	"context"
	"database/sql"

	"bouncehound"
)

// SetAside stores a dead letter together with the cursor, which has already moved
// past its event.
func (db *DB) SetAside(ctx context.Context, c bouncehound.Cursor, d bouncehound.DeadLetter) error {
	return db.write(ctx, "set aside", func(t *transaction) error {
		at := d.At
		if at.IsZero() {
			at = t.now
		}
		_, err := t.exec(`INSERT INTO dead_letters (consumer, sequence, at, error) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at, error = excluded.error`, c.Consumer, d.Event.Sequence, stamp(at), d.Error)
		if err != nil {
			return err
		}
		return db.saveCursor(t, c)
	})
}

// DeadLetters returns what a consumer refused, in order. A letter about a contact's
// standing is superseded once a later one exists; a bounce stays the fact it is.
func (db *DB) DeadLetters(ctx context.Context, consumer string) ([]bouncehound.DeadLetter, error) {
	return db.deadLetters(ctx, consumer, `d.consumer = ?`, consumer)
}

// DeadLetter returns one of them as it is at this moment; false if there is none (any
// more).
func (db *DB) DeadLetter(ctx context.Context, consumer string, sequence int64) (bouncehound.DeadLetter, bool, error) {
	letters, err := db.deadLetters(ctx, consumer, `d.consumer = ? AND d.sequence = ?`, consumer, sequence)
	if err != nil || len(letters) == 0 {
		return bouncehound.DeadLetter{}, false, err
	}
	return letters[0], true, nil
}

func (db *DB) deadLetters(ctx context.Context, consumer, which string, args ...any) ([]bouncehound.DeadLetter, error) {
	scan := func(rows *sql.Rows) (bouncehound.DeadLetter, error) {
		d := bouncehound.DeadLetter{Consumer: consumer}
		err := rows.Scan(append(eventInto(&d.Event), (*stamp)(&d.At), &d.Error, &d.Superseded)...)
		return d, err
	}
	return collect(stream(ctx, db.readers, "dead letters", scan, `SELECT `+eventColumns+`, d.at, d.error,
		e.type <> 'bounce.recorded' AND EXISTS `+laterEvent+`
		FROM dead_letters d JOIN events e ON e.sequence = d.sequence WHERE `+which+` ORDER BY d.sequence`, args...))
}

// DropDeadLetter forgets a dead letter: it was delivered after all, or is superseded.
func (db *DB) DropDeadLetter(ctx context.Context, consumer string, sequence int64) error {
	return db.write(ctx, "drop dead letter", func(t *transaction) error {
		_, err := t.exec(`DELETE FROM dead_letters WHERE consumer = ? AND sequence = ?`, consumer, sequence)
		return err
	})
}
