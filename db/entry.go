package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"bouncehound"
)

const entryColumns = `kind, value, since, by, note`

func scanEntry(rows *sql.Rows) (e bouncehound.Entry, err error) {
	err = rows.Scan(&e.Kind, &e.Value, (*stamp)(&e.Since), &e.By, &e.Note)
	return e, err
}

// Entries returns the entries that hold, by kind and value.
func (db *DB) Entries(ctx context.Context) iter.Seq2[bouncehound.Entry, error] {
	return stream(ctx, db.readers, "entries", scanEntry, `SELECT `+entryColumns+` FROM entries WHERE ended IS NULL ORDER BY kind DESC, key`)
}

// An EntryChange is what became of an entry that a person added or ended.
type EntryChange struct {
	Changed   bool                 // false: it was so already
	Standings []bouncehound.Change // of the contacts that stand elsewhere because of it
}

// errNoEntry is about a value that is neither a domain nor, with EntryAllow, an
// address.
var errNoEntry = errors.New("not a domain")

// AddEntry makes an entry hold. One of kind allow also releases the contacts under
// it that bounces flagged; those that complained only with by.Force.
func (db *DB) AddEntry(ctx context.Context, kind bouncehound.EntryKind, value string, by By) (done EntryChange, err error) {
	err = db.writeUnless(ctx, by.Try, "add entry", func(t *transaction) error {
		key, err := t.entryKey(value)
		if err != nil {
			return err
		}
		if key == "" || kind == bouncehound.EntryDomain && key != bouncehound.Domain("@"+key) {
			return errNoEntry
		}
		if isForgotten(key) {
			value = forgottenText
		}
		n, err := t.exec(`INSERT INTO entries (kind, key, value, since, by, note) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			kind, key, value, stamp(t.now), by.Who, by.Note)
		if done = (EntryChange{Changed: n > 0}); err != nil || kind != bouncehound.EntryAllow {
			return err
		}
		return t.under(key, bouncehound.DoNotEmail, func(c *contact) error {
			complained, err := t.complained(c)
			if err != nil || complained && !by.Force {
				return err
			}
			if held, err := t.heldBySaying(c); held || err != nil {
				return err
			}
			change, err := t.stand(c, bouncehound.OK, by)
			done.Standings = append(done.Standings, change)
			return err
		})
	})
	return done, err
}

// EndEntry makes an entry hold no longer. Contacts under one of kind allow are
// decided about anew, and flagged if their bounces lead there.
func (db *DB) EndEntry(ctx context.Context, kind bouncehound.EntryKind, value string, p bouncehound.Policy, by By) (done EntryChange, err error) {
	err = db.writeUnless(ctx, by.Try, "end entry", func(t *transaction) error {
		key, err := t.entryKey(value)
		if err != nil {
			return err
		}
		n, err := t.exec(`UPDATE entries SET ended = ?, ended_by = ?, ended_note = ? WHERE kind = ? AND key = ? AND ended IS NULL`,
			stamp(t.now), by.Who, by.Note, kind, key)
		if done = (EntryChange{Changed: n > 0}); err != nil || n == 0 || kind != bouncehound.EntryAllow {
			return err
		}
		return t.under(key, bouncehound.Watch, func(c *contact) error {
			was := c.Standing
			if err := t.decide(c, p, nil); err != nil || !c.changed {
				return err
			}
			if c.Standing != was {
				done.Standings = append(done.Standings, bouncehound.Change{Email: c.Email, Standing: c.Standing, Previous: was, Since: c.Since, Cause: c.Cause})
			}
			return t.save(c)
		})
	})
	return done, err
}

// under calls f for each contact of an address or of a domain that stands somewhere.
func (t *transaction) under(key string, standing bouncehound.Standing, f func(c *contact) error) error {
	contacts, err := collect(stream(t.ctx, t.Tx, "contacts", scanContact, `SELECT `+contactColumns+` FROM contacts c
		WHERE (c.key = ? OR c.domain = ?) AND +c.standing = ?`, key, key, standing))
	if err != nil {
		return err
	}
	for i := range contacts {
		if err := f(&contacts[i]); err != nil {
			return fmt.Errorf("%s: %w", contacts[i].Email, err)
		}
	}
	return nil
}

// allowed says whether an entry keeps an address from being flagged.
func (t *transaction) allowed(key string) (value string, ok bool, err error) {
	if t.strangers[key] {
		return "", false, nil
	}
	ok, err = t.one(`SELECT value FROM entries WHERE key IN (?, ?) AND kind = 'allow' AND ended IS NULL`,
		[]any{key, cmp.Or(t.domains[key], bouncehound.Domain(key))}, &value)
	return value, ok, err
}

// spare makes a decision to flag one to watch where an entry says so. What an
// allowed address did is known and shown, and goes no further.
func (t *transaction) spare(key string, d *bouncehound.Decision) error {
	if d.Standing != bouncehound.DoNotEmail {
		return nil
	}
	_, ok, err := t.allowed(key)
	if ok {
		d.Standing = bouncehound.Watch
	}
	return err
}
