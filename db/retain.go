package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Retention says how long things are kept, counted from when they were recorded; 0:
// for ever.
type Retention struct {
	Raw     time.Duration // bytes of reports
	Bounces time.Duration // with their messages' headers, and the bytes of messages that were not understood
	Events  time.Duration // once every cursor has passed them
	Sent    time.Duration // rows of sent logs
	Every   time.Duration // nothing is done if it was done less than this ago
	Beat    func()        // is called between transactions; nil: nothing is
}

// Retained is what Retain took out of the store.
type Retained struct {
	Raw, Bounces, Events, Sent int
	Short                      int // bounces that are kept in short form from now on
}

const (
	retainAtOnce = 500                   // rows in one transaction, which lasts some milliseconds
	retainPause  = 10 * time.Millisecond // between two, for those in other processes who wait for their turn
	allOver      = 23 * time.Hour        // how often what was kept beyond its time is looked at again
	longPause    = 7 * 24 * time.Hour    // after so long without it the clock is not believed
	doubtFor     = 30 * time.Minute      // until it goes on to say the same after this time
)

// Retain takes out of the store what has been kept for its time, in many small
// transactions, between which everybody else gets his turn. Never taken out are
// standings; messages' ids, so that content seen again is known; an event that a cursor
// has not passed, that a dead letter names, or that is the last about a contact at
// watch or do_not_email; a bounce that an incremental export has not passed; what was sent to whom, where a
// stored bounce is about it; and in
// short form, without the quoted original and the bytes, the bounce that decided a
// contact's standing, those that add up to watch, and complaints of those flagged.
//
// Where the last time is more than a week ago nothing is taken out until it is asked for
// again after half an hour: a machine may have been started with a wrong clock.
//
// What has been taken out stays taken out where ctx ends or an error comes in between.
func (db *DB) Retain(ctx context.Context, r Retention) (Retained, error) {
	var done Retained
	err := db.retain(ctx, r, &done)
	if err != nil {
		err = fmt.Errorf("retention: %w", explain(err))
	}
	return done, err
}

func (db *DB) retain(ctx context.Context, r Retention, done *Retained) error {
	if r.Beat == nil {
		r.Beat = func() {}
	}
	now := db.now()
	last, err := db.settingTime(ctx, "retained_at")
	if err != nil || within(r.Every, last, now) {
		return err
	}
	if doubtful, err := db.doubtClock(ctx, last, now); err != nil || doubtful {
		return err
	}
	lastAll, err := db.settingTime(ctx, "retained_all_at")
	if err != nil {
		return err
	}
	all := !within(allOver, lastAll, now)
	err = db.tryWrite(ctx, func(t *transaction) error {
		return errors.Join(t.latest(prunedRaw, now, r.Raw), t.latest(prunedBounces, now, r.Bounces))
	})
	if err != nil {
		return err
	}
	if r.Raw > 0 {
		p := pruning{before: now.Add(-r.Raw), done: done}
		if err := db.bitByBit(ctx, r.Beat, p.raw); err != nil {
			return err
		}
	}
	if r.Bounces > 0 {
		p := pruning{before: now.Add(-r.Bounces), done: done, from: "pruned_bounces"}
		if err := db.bitByBit(ctx, r.Beat, p.bounces, p.unread); err != nil {
			return err
		}
		if all {
			p := pruning{before: p.before, done: done}
			if err := db.bitByBit(ctx, r.Beat, p.shortened); err != nil {
				return err
			}
		}
	}
	if r.Events > 0 {
		p := pruning{before: now.Add(-r.Events), done: done, from: "pruned_events"}
		if all {
			p.at, p.begun = 0, true
		}
		if err := db.bitByBit(ctx, r.Beat, p.events); err != nil {
			return err
		}
	}
	if r.Sent > 0 {
		p := pruning{before: now.Add(-r.Sent), done: done, from: "pruned_sent"}
		if all { // what bounces were about that are gone by now
			p.at, p.begun = 0, true
		}
		if err := db.bitByBit(ctx, r.Beat, p.sent); err != nil {
			return err
		}
	}
	if err := db.forgetRest(ctx, everyPage, r.Beat); err != nil {
		return err
	}
	if err := db.giveBack(ctx, r.Beat); err != nil {
		return err
	}
	return db.tryWrite(ctx, func(t *transaction) error {
		if err := t.set("retained_at", now.Format(layout)); err != nil || !all {
			return err
		}
		return t.set("retained_all_at", now.Format(layout))
	})
}

// within says whether something was done less than so long ago; not if that is yet to come:
// then the clock was set back.
func within(d time.Duration, last, now time.Time) bool {
	return !last.IsZero() && !last.After(now) && now.Sub(last) < d
}

// doubtClock says whether now is too long after the last time to be believed yet.
func (db *DB) doubtClock(ctx context.Context, last, now time.Time) (bool, error) {
	if last.IsZero() || now.Sub(last) < longPause {
		return false, nil
	}
	doubted, err := db.settingTime(ctx, "retention_doubted_at")
	if err != nil || !doubted.Before(last) && !doubted.After(now) {
		return within(doubtFor, doubted, now), err
	}
	return true, db.tryWrite(ctx, func(t *transaction) error { return t.set("retention_doubted_at", now.Format(layout)) })
}

// bitByBit calls each step in transactions of its own until it says that there is no
// more.
func (db *DB) bitByBit(ctx context.Context, beat func(), steps ...func(*transaction) (bool, error)) error {
	for _, step := range steps {
		for more := true; more; {
			err := db.tryWrite(ctx, func(t *transaction) (err error) {
				more, err = step(t)
				return err
			})
			if err != nil {
				return err
			}
			beat()
			if !more {
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(retainPause):
			}
		}
	}
	return nil
}

func (t *transaction) set(name, value string) error {
	_, err := t.exec(`INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// The settings that remember what was recorded before which time retention has taken out,
// or may have: where bytes are missing, that is why.
const (
	prunedRaw     = "pruned_raw_before"
	prunedBounces = "pruned_bounces_before"
)

// latest sets one of them, unless things are kept for ever or less was kept once.
func (t *transaction) latest(name string, now time.Time, kept time.Duration) error {
	if kept <= 0 {
		return nil
	}
	_, err := t.exec(`INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`, name, now.Add(-kept).Format(layout))
	return err
}

func (db *DB) settingTime(ctx context.Context, name string) (time.Time, error) {
	var at stamp
	_, err := found(db.readers.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&at))
	return time.Time(at), err
}

// giveBackAtOnce is how many pages are given back to the file system in one
// transaction, and spare how many stay in the file to be used again.
const (
	giveBackAtOnce = 200
	spare          = 256
)

// giveBack gives free pages back to the file system, where the file was made so that
// it can: else they stay in it and are used again.
func (db *DB) giveBack(ctx context.Context, beat func()) error {
	for {
		beat()
		var free int
		err := db.readers.QueryRowContext(ctx, `SELECT CASE WHEN (SELECT auto_vacuum FROM pragma_auto_vacuum) = 2 THEN freelist_count ELSE 0 END FROM pragma_freelist_count`).Scan(&free)
		if err != nil || free <= spare {
			return err
		}
		rows, err := db.writer.QueryContext(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, min(giveBackAtOnce, free-spare)))
		if err != nil {
			return err
		}
		for rows.Next() { // a row a page
		}
		if err := rows.Close(); err != nil {
			return err
		}
		if err := rows.Err(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retainPause):
		}
	}
}
