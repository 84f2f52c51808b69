package db

import (
	"context"
	"fmt"

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

// NextDeadLetter returns the first event after a sequence that a consumer refused, as it
// is at this moment; false if there is none. A letter about a contact's standing is
// superseded once a later one exists; a bounce stays the fact it is.
func (db *DB) NextDeadLetter(ctx context.Context, consumer string, after int64) (bouncehound.DeadLetter, bool, error) {
	d := bouncehound.DeadLetter{Consumer: consumer}
	ok, err := found(db.readers.QueryRowContext(ctx, `SELECT `+eventColumns+`, d.at, d.error, e.type <> 'bounce.recorded' AND EXISTS `+laterEvent+`
		FROM dead_letters d JOIN events e ON e.sequence = d.sequence WHERE d.consumer = ? AND d.sequence > ? ORDER BY d.sequence LIMIT 1`, consumer, after).
		Scan(append(eventInto(&d.Event), (*stamp)(&d.At), &d.Error, &d.Superseded)...))
	if err != nil {
		return bouncehound.DeadLetter{}, false, fmt.Errorf("dead letter after %d: %w", after, explain(err))
	}
	return d, ok, nil
}

// DeadLetters returns how many events a consumer refused.
func (db *DB) DeadLetters(ctx context.Context, consumer string) (n int, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT count(*) FROM dead_letters WHERE consumer = ?`, consumer).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("dead letters: %w", explain(err))
	}
	return n, nil
}

// DropDeadLetter forgets a dead letter: it was delivered after all, or is superseded.
func (db *DB) DropDeadLetter(ctx context.Context, consumer string, sequence int64) error {
	return db.write(ctx, "drop dead letter", func(t *transaction) error {
		_, err := t.exec(`DELETE FROM dead_letters WHERE consumer = ? AND sequence = ?`, consumer, sequence)
		return err
	})
}
