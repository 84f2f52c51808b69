package db

import (
	"cmp"
	"database/sql"
	"slices"
	"time"

	"bouncehound"
)

// decide asks the policy where a contact stands now and lets it stand there. b is
// the bounce just recorded, nil if only time went by.
func (t *transaction) decide(c *contact, p bouncehound.Policy, b *bouncehound.Bounce) error {
	h := c.countsFrom()
	// A do_not_email that stays is decided without the facts, of which an address
	// that bounces for years has many.
	stays := c.Standing == bouncehound.DoNotEmail && c.Until.IsZero() && (b == nil || b.Action != bouncehound.Complained)
	if !stays {
		var err error
		if h.Facts, err = t.facts(c.key); err != nil {
			return err
		}
	}
	d := p.Decide(h, t.now)
	if c.Standing != bouncehound.DoNotEmail || !d.Since.Equal(c.Since) {
		if err := t.spare(c.key, &d); err != nil {
			return err
		}
	}
	if d.Bounce != 0 && (b == nil || b.ID != d.Bounce) {
		var err error
		if b, err = t.bounceByID(d.Bounce); err != nil {
			return err
		}
	}
	if d.Bounce == 0 {
		b = nil
	}
	same := d.Standing == c.Standing && (d.Standing != bouncehound.DoNotEmail || d.Since.Equal(c.Since))
	if c.Standing == bouncehound.DoNotEmail && !same {
		c.released = later(c.released, c.Until) // it has ended by itself; what came before is done with
		c.changed = true
	}
	if !c.Until.Equal(d.Until) {
		c.Until, c.changed = d.Until, true
	}
	if b != nil && d.Standing != bouncehound.OK {
		c.shows(b)
	}
	if same && (d.Standing != bouncehound.DoNotEmail || d.Cause == c.Cause && d.Bounce == 0) {
		return nil
	}
	if d.Since.IsZero() {
		d.Since = t.now
	}
	return t.change(c, &bouncehound.Change{Standing: d.Standing, Since: stored(d.Since), Cause: d.Cause, Bounce: b}, !p.Observe)
}

// change lets a contact stand elsewhere, notes it in the history and, if told,
// writes the event. It completes the change, but does not save the contact.
func (t *transaction) change(c *contact, to *bouncehound.Change, tell bool) error {
	to.Email, to.Previous = c.Email, c.Standing
	c.Standing, c.Since, c.Cause, c.By, c.Note, c.changed = to.Standing, to.Since, to.Cause, to.By, to.Note, true
	switch {
	case isForgotten(c.key): // an event would have to name the address
	case tell:
		var err error
		if to.Sequence, err = t.nextSequence(); err != nil {
			return err
		}
		data, err := t.encodeChange(to)
		if err != nil {
			return err
		}
		if _, err := t.event(to.EventType(), c.key, data); err != nil {
			return err
		}
	default:
		if err := t.keepUntold(); err != nil {
			return err
		}
	}
	var bounce int64
	if to.Bounce != nil {
		bounce = to.Bounce.ID
	}
	t.waiting.add(changeRows, c.key, stamp(t.now), to.Email, to.Standing, to.Previous, stamp(to.Since), to.Cause, to.By, to.Note, to.Sequence, bounce)
	return nil
}

// facts returns what the policy may look at in a contact's bounces.
func (t *transaction) facts(key string) ([]bouncehound.Fact, error) {
	if facts, ok := t.histories[key]; ok {
		return facts, nil
	}
	scan := func(rows *sql.Rows) (f bouncehound.Fact, err error) {
		var r bouncehound.Recipient
		err = rows.Scan(&f.Bounce, (*stamp)(&f.At), &f.Action, &f.Class, &f.Reason, &f.Fault, &f.Original, &r.Address, &r.Final, &f.Elsewhere)
		f.Elsewhere = f.Elsewhere || r.Elsewhere()
		return f, err
	}
	facts := []bouncehound.Fact{}
	// Without ORDER BY: with one SQLite compiles the statement anew for each key.
	for f, err := range stream(t.ctx, t.Tx, "facts", scan, `SELECT id, arrived_at, action, class, reason, fault, coalesce(original_id, ''), recipient, final_recipient, elsewhere
		FROM bounces WHERE key = ? AND repeat = 0 AND action IN ('failed', 'complained', 'delivered')`, key) {
		if err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	facts = append(facts, t.unwritten[key]...)
	slices.SortFunc(facts, func(a, b bouncehound.Fact) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Bounce, b.Bounce)) })
	if t.histories != nil {
		t.histories[key] = facts
		delete(t.unwritten, key)
	}
	return facts, nil
}

// fresh adds what the policy may look at in a bounce whose row still waits.
func (t *transaction) fresh(key string, f bouncehound.Fact) {
	if facts, ok := t.histories[key]; ok {
		t.histories[key] = insert(facts, f)
		return
	}
	if t.unwritten == nil {
		t.unwritten = map[string][]bouncehound.Fact{}
	}
	t.unwritten[key] = append(t.unwritten[key], f)
}

// insert puts a fact where its time belongs, which spares the policy to sort them.
func insert(facts []bouncehound.Fact, f bouncehound.Fact) []bouncehound.Fact {
	i := len(facts)
	for i > 0 && facts[i-1].At.After(f.At) {
		i--
	}
	return slices.Insert(facts, i, f)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
