package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"bouncehound"
)

// Standings returns how many contacts stand where.
func (db *DB) Standings(ctx context.Context) (map[bouncehound.Standing]int64, error) {
	type row struct {
		standing bouncehound.Standing
		n        int64
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.standing, &r.n)
		return r, err
	}
	counts := map[bouncehound.Standing]int64{}
	for r, err := range stream(ctx, db.readers, "standings", scan, `SELECT standing, count(*) FROM contacts GROUP BY standing`) {
		if err != nil {
			return nil, err
		}
		counts[r.standing] = r.n
	}
	return counts, nil
}

// UnreadMessages returns how many messages look like reports and were not understood.
func (db *DB) UnreadMessages(ctx context.Context) (n int64, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT count(*) FROM messages WHERE kind = 'unread'`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("unread messages: %w", explain(err))
	}
	return n, nil
}

// Lag returns how many events of some types, without types every contact.* type, a
// cursor has not passed, and when the first of them became true. It counts what
// Pending would return.
func (db *DB) Lag(ctx context.Context, c bouncehound.Cursor, types []bouncehound.EventType) (n int64, oldest time.Time, err error) {
	w := pendingFor(c, types)
	query := `SELECT count(*), (SELECT e.at FROM events e` + w.String() + ` ORDER BY e.sequence LIMIT 1) FROM events e` + w.String()
	err = db.readers.QueryRowContext(ctx, query, append(w.args, w.args...)...).Scan(&n, (*stamp)(&oldest))
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("lag of %s: %w", c.Consumer, explain(err))
	}
	return n, oldest, nil
}

// FirstSequence returns the number of the first event that is kept; where none is,
// that which the next will have.
func (db *DB) FirstSequence(ctx context.Context) (n int64, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT coalesce((SELECT min(sequence) FROM events), `+lastSequence[len("SELECT "):]+` + 1)`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("first sequence: %w", explain(err))
	}
	return n, nil
}

// Newest returns the latest time at which something was written; zero for an empty
// store. It is of the clock of then.
func (db *DB) Newest(ctx context.Context) (at time.Time, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT max(coalesce((SELECT at FROM events ORDER BY sequence DESC LIMIT 1), ''),
		coalesce((SELECT recorded_at FROM messages ORDER BY number DESC LIMIT 1), ''))`).Scan((*newest)(&at))
	if err != nil {
		return time.Time{}, fmt.Errorf("newest: %w", explain(err))
	}
	return at, nil
}

// newest is a stamp that may be empty.
type newest time.Time

func (n *newest) Scan(v any) error {
	if v == "" {
		v = nil
	}
	return (*stamp)(n).Scan(v)
}
