package db

import (
	"context"
	"database/sql"
	"fmt"

	"bouncehound"
)

// Changes returns every change of a contact's standing there ever was, the oldest
// first. Sequence is 0 where no event told of it, and Bounce is without explanation
// and advice, or nil if it is no longer kept.
func (db *DB) Changes(ctx context.Context, address string) ([]bouncehound.Change, error) {
	keys, err := db.keysOf(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	decided := map[int]int64{} // the bounces to be read, by index: not while the rows are held
	var changes []bouncehound.Change
	scan := func(rows *sql.Rows) (c bouncehound.Change, err error) {
		var bounce int64
		err = rows.Scan(&c.Email, &c.Standing, &c.Previous, (*stamp)(&c.Since), &c.Cause, &c.By, &c.Note, &c.Sequence, &bounce)
		if bounce != 0 {
			decided[len(changes)] = bounce
		}
		return c, err
	}
	for c, err := range stream(ctx, db.readers, "changes", scan, `SELECT email, standing, previous, since, cause, by, note, sequence, bounce
		FROM changes WHERE key = ? ORDER BY number`, keys[0]) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	for i, id := range decided {
		for b, err := range stream(ctx, db.readers, "changes", scanBounce, selectBounces+` WHERE b.id = ?`, id) {
			if err != nil {
				return nil, err
			}
			changes[i].Bounce = &b
		}
	}
	return changes, nil
}
