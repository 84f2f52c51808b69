package db

import (
	"context"
	"fmt"
	"time"

	"bouncehound"
)

// Alert writes the event of an alert, unless one of the same type and subject was
// written today, in UTC.
func (db *DB) Alert(ctx context.Context, kind bouncehound.EventType, a bouncehound.Alert) error {
	return db.write(ctx, "alert", func(t *transaction) error { return t.alert(kind, a) })
}

// Failing counts a failure of what the alert is about. The after-th in a row, and those
// that follow it, are told by the alert, which gets its Since and its Failures here.
func (db *DB) Failing(ctx context.Context, kind bouncehound.EventType, a bouncehound.Alert, after int) error {
	return db.write(ctx, "failing", func(t *transaction) error {
		_, err := t.one(`INSERT INTO failing (type, subject, since, failures) VALUES (?, ?, ?, 1)
			ON CONFLICT DO UPDATE SET failures = failures + 1 RETURNING since, failures`,
			[]any{kind, a.Subject(), stamp(t.now)}, (*stamp)(&a.Since), &a.Failures)
		if err != nil || a.Failures < after {
			return err
		}
		return t.alert(kind, a)
	})
}

// Working forgets the failures of a subject. It writes only if there were any.
func (db *DB) Working(ctx context.Context, kind bouncehound.EventType, subject string) error {
	var failing bool
	err := db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM failing WHERE type = ? AND subject = ?)`, kind, subject).Scan(&failing)
	if err != nil {
		return fmt.Errorf("working: %w", explain(err))
	}
	if !failing {
		return nil
	}
	return db.write(ctx, "working", func(t *transaction) error {
		_, err := t.exec(`DELETE FROM failing WHERE type = ? AND subject = ?`, kind, subject)
		return err
	})
}

func (t *transaction) alert(kind bouncehound.EventType, a bouncehound.Alert) error {
	today := t.now.UTC().Format(time.DateOnly)
	n, err := t.exec(`INSERT INTO alerts (type, subject, day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, kind, a.Subject(), today)
	if err != nil || n == 0 {
		return err
	}
	if _, err := t.exec(`DELETE FROM alerts WHERE day < ?`, today); err != nil {
		return err
	}
	if a.Sequence, err = t.nextSequence(); err != nil {
		return err
	}
	data, err := encode(a)
	if err != nil {
		return err
	}
	_, err = t.event(kind, "", data)
	return err
}

// fresh is how old a bounce may be to be reason for an alert: an inbox or an archive
// that is read for the first time tells of blocks that are long over.
const fresh = 48 * time.Hour

// blocked writes the alert that a bounce is reason for.
func (t *transaction) blocked(b *bouncehound.Bounce) error {
	a, ok := b.Blocked()
	if !ok || t.now.Sub(b.ArrivedAt) > fresh {
		return nil
	}
	return t.alert(bouncehound.BlockedSender, a)
}
