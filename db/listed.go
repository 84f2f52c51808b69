package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

// A ListedRow is what became of one row of a list of contacts.
type ListedRow struct {
	Added   bool  // it changed where the contact stands
	Refused error // why it may not; nil with Added false: it stood there already
}

// Why a row of a list is refused.
var (
	errByHand = errors.New("set to do_not_email by a person or a list, and only they can release it")
	errOlder  = errors.New("older than the bounce that flagged it")
)

// AddListed adds rows to a batch of contacts, in one transaction, and lets them stand
// where the list says: do_not_email, or, of a list of those alive, where the policy
// would have them if nothing before that had counted. It returns one ListedRow a row.
func (db *DB) AddListed(ctx context.Context, list bouncehound.List, rows []bouncehound.Listed, p bouncehound.Policy) (done []ListedRow, err error) {
	err = db.write(ctx, "add to list", func(t *transaction) error {
		if err := t.openBatch(list.Batch, list.Kind); err != nil {
			return err
		}
		done = make([]ListedRow, len(rows))
		added, present := 0, 0
		for i, row := range rows {
			if done[i], err = t.listed(list, row, p); err != nil {
				return fmt.Errorf("row %d: %w", i+1, err)
			}
			switch {
			case done[i].Added:
				added++
			case done[i].Refused == nil:
				present++
			}
		}
		return t.countBatch(list.Batch, added, present)
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (t *transaction) listed(list bouncehound.List, row bouncehound.Listed, p bouncehound.Policy) (done ListedRow, err error) {
	key, err := t.key(row.Address)
	if err != nil || key == "" {
		return ListedRow{Refused: errNoAddress}, err
	}
	c, known, err := t.contact(key)
	if err != nil {
		return done, err
	}
	if !known {
		c = newContact(key, written(row.Address))
	}
	before := stoodAt(&c)
	if row.Note == "" {
		row.Note = list.Note
	}
	if list.Kind == bouncehound.ListAlive {
		done, err = t.alive(&c, list, row, p)
	} else {
		done, err = t.doNotEmail(&c, list, row)
	}
	if err != nil || done.Refused != nil || !known && !done.Added {
		return done, err
	}
	if c.changed {
		if err := t.save(&c); err != nil {
			return done, err
		}
	}
	if !done.Added {
		_, err = t.exec(`INSERT INTO listed (batch, contact, before) VALUES (?, ?, '') ON CONFLICT DO NOTHING`, list.Batch, c.number)
		return done, err
	}
	// What an earlier list of the kind would put back is not how it stood before this one.
	if _, err := t.exec(`UPDATE listed SET before = '' WHERE contact = ? AND before <> '' AND batch IN (SELECT number FROM batches WHERE kind = ?)`, c.number, list.Kind); err != nil {
		return done, err
	}
	was, err := json.Marshal(before)
	if err != nil {
		return done, err
	}
	_, err = t.exec(`INSERT INTO listed (batch, contact, before) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET before = excluded.before`, list.Batch, c.number, string(was))
	return done, err
}

// named returns a list of a kind, not taken back and but for one batch, that names a
// contact and was imported at a time or later; false if there is none.
func (t *transaction) named(c *contact, kind bouncehound.ListKind, but int64, since time.Time) (l bouncehound.List, ok bool, err error) {
	ok, err = t.one(`SELECT `+batchColumns+` FROM batches WHERE kind = ? AND undone IS NULL AND at >= ? AND number <> ?
		AND number IN (SELECT batch FROM listed WHERE contact = ?) ORDER BY number LIMIT 1`, []any{kind, orBeginning(since), but, c.number}, batchInto(&l)...)
	return l, ok, err
}

// heldBySaying says whether a person or a list wants a contact at do_not_email, be it
// that a bounce had flagged it before.
func (t *transaction) heldBySaying(c *contact) (bool, error) {
	if byPerson(c) || c.Standing != bouncehound.DoNotEmail {
		return byPerson(c), nil
	}
	_, ok, err := t.named(c, bouncehound.ListDoNotEmail, 0, c.released)
	return ok, err
}

// doNotEmail makes a contact do_not_email because a list says so.
func (t *transaction) doNotEmail(c *contact, list bouncehound.List, row bouncehound.Listed) (ListedRow, error) {
	if c.Standing == bouncehound.DoNotEmail && c.Until.IsZero() {
		return ListedRow{}, nil
	}
	if value, ok, err := t.allowed(c.key); ok || err != nil {
		return ListedRow{Refused: fmt.Errorf("never to be flagged: %s is allowed", value)}, err
	}
	c.Until = time.Time{}
	since := stored(row.At)
	if row.At.IsZero() || since.After(t.now) {
		since = t.now
	}
	if row.Reason != "" || row.Class != "" {
		c.Reason, c.Class, c.Status, c.Diagnostic = row.Reason, row.Class, row.Status, row.Diagnostic
	}
	change := bouncehound.Change{Standing: bouncehound.DoNotEmail, Since: since, Cause: bouncehound.CauseImport, By: list.By, Note: row.Note}
	return ListedRow{Added: true}, t.change(c, &change, true)
}

// alive lets a contact stand where only what came after a proof of life leads.
func (t *transaction) alive(c *contact, list bouncehound.List, row bouncehound.Listed, p bouncehound.Policy) (ListedRow, error) {
	at := stored(row.At)
	if row.At.IsZero() || at.After(t.now) {
		at = t.now
	}
	if c.Standing == bouncehound.OK {
		return ListedRow{}, nil
	}
	complained, err := t.complained(c)
	if err != nil {
		return ListedRow{}, err
	}
	held, err := t.heldBySaying(c)
	switch {
	case err != nil:
		return ListedRow{}, err
	case complained:
		return ListedRow{Refused: ErrComplained}, nil
	case held:
		return ListedRow{Refused: errByHand}, nil
	case c.Standing == bouncehound.DoNotEmail && (at.Before(c.Since) || at.Before(c.pruned)):
		return ListedRow{Refused: errOlder}, nil
	}
	facts, err := t.facts(c.key)
	if err != nil {
		return ListedRow{}, err
	}
	d := p.Decide(bouncehound.History{Facts: facts, Standing: bouncehound.OK, Released: later(c.released, at)}, t.now)
	if err := t.spare(c.key, &d); err != nil {
		return ListedRow{}, err
	}
	if d.Standing == c.Standing {
		return ListedRow{Refused: errOlder}, nil
	}
	c.released = later(c.released, at)
	return ListedRow{Added: true}, t.settle(c, d, bouncehound.Change{Cause: bouncehound.CauseImport, By: list.By, Note: row.Note}, !p.Observe)
}

// settle lets a contact stand where a decision says. Where no bounce decided, why says
// who did.
func (t *transaction) settle(c *contact, d bouncehound.Decision, why bouncehound.Change, tell bool) (err error) {
	if d.Bounce != 0 && d.Standing != bouncehound.OK {
		if why.Bounce, err = t.bounceByID(d.Bounce); err != nil {
			return err
		}
		why.Cause = d.Cause
		c.shows(why.Bounce)
	}
	why.Standing, why.Since = d.Standing, stored(d.Since)
	if d.Since.IsZero() || d.Standing == bouncehound.OK {
		why.Since = t.now
	}
	c.Until, c.changed = d.Until, true
	return t.change(c, &why, tell)
}
