package db

import (
	"context"
	"database/sql"

	"bouncehound"
)

// Under a policy that observes, standings change and no event tells of it. Once the
// policy observes no more everybody is told, by one event for each contact that stands
// elsewhere than it was last said to: consumers, those that start with the standings
// too, need to read nothing but events.

// isUntold says that there are, or may be, changes that no event has told of.
const isUntold = `EXISTS (SELECT 1 FROM settings WHERE name = 'untold')`

// keepUntold remembers that a change was not told.
func (t *transaction) keepUntold() error {
	_, err := t.exec(`INSERT INTO settings (name, value) VALUES ('untold', '1') ON CONFLICT DO NOTHING`)
	return err
}

// tell writes the events that an observing policy kept back, a few contacts in one
// transaction. One that is cut off is begun again and repeats nothing.
func (db *DB) tell(ctx context.Context, beat func()) error {
	last := ""
	for more := true; more; {
		err := db.write(ctx, "tell", func(t *transaction) error {
			keys, err := collect(stream(t.ctx, t.Tx, "untold", func(rows *sql.Rows) (key string, err error) { return key, rows.Scan(&key) },
				`SELECT DISTINCT key FROM changes WHERE sequence = 0 AND key > ? ORDER BY key LIMIT ?`, last, sweepAtOnce))
			if err != nil {
				return err
			}
			for _, key := range keys {
				if err := t.tell(key); err != nil {
					return err
				}
				last = key
			}
			if more = len(keys) == sweepAtOnce; more {
				return nil
			}
			_, err = t.exec(`DELETE FROM settings WHERE name = 'untold'`)
			return err
		})
		if err != nil {
			return err
		}
		beat()
	}
	return nil
}

// tell writes the event of a contact's last change if that was not told and the
// contact stands elsewhere than consumers believe.
func (t *transaction) tell(key string) error {
	if isForgotten(key) {
		return nil
	}
	var number, sequence, bounce int64
	var change bouncehound.Change
	_, err := t.one(`SELECT number, sequence, email, standing, since, cause, by, note, bounce FROM changes WHERE key = ? ORDER BY number DESC LIMIT 1`, []any{key},
		&number, &sequence, &change.Email, &change.Standing, (*stamp)(&change.Since), &change.Cause, &change.By, &change.Note, &bounce)
	if err != nil || sequence != 0 {
		return err
	}
	change.Previous = bouncehound.OK
	if _, err := t.one(`SELECT standing FROM changes WHERE key = ? AND sequence <> 0 ORDER BY number DESC LIMIT 1`, []any{key}, &change.Previous); err != nil {
		return err
	}
	if change.Previous == change.Standing {
		return nil
	}
	if bounce != 0 {
		// It may be gone: then the change is told without it.
		for b, err := range stream(t.ctx, t.Tx, "bounce", scanBounce, selectBounces+` WHERE b.id = ?`, bounce) {
			if err != nil {
				return err
			}
			change.Bounce = &b
		}
	}
	if change.Sequence, err = t.nextSequence(); err != nil {
		return err
	}
	data, err := encode(change)
	if err != nil {
		return err
	}
	if _, err := t.event(change.EventType(), key, data); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE changes SET sequence = ? WHERE number = ?`, change.Sequence, number)
	return err
}
