package db

import (
	"database/sql"
	"time"

	"bouncehound"
)

// A contact is the row of a contact.
type contact struct {
	bouncehound.Contact
	number   int64 // 0: not yet stored
	key      string
	released time.Time // bounces that arrived before never count again
	pruned   time.Time // up to when bounces are no longer stored; zero: all are
	changed  bool      // differs from the row
}

func newContact(key, email string) contact {
	return contact{key: key, Contact: bouncehound.Contact{Email: email, Standing: bouncehound.OK}, changed: true}
}

// add adds a bounce to what the contact has had.
func (c *contact) add(b *bouncehound.Bounce) {
	c.Bounces++
	if c.FirstBouncedAt.IsZero() || b.ArrivedAt.Before(c.FirstBouncedAt) {
		c.FirstBouncedAt = b.ArrivedAt
	}
	latest := !b.ArrivedAt.Before(c.LastBouncedAt)
	if latest {
		c.LastBouncedAt = b.ArrivedAt
	}
	// Where a bounce decided, the contact goes on to show that one.
	decided := c.Standing != bouncehound.OK && c.Cause != bouncehound.CauseHand && c.Cause != bouncehound.CauseImport
	if latest && !decided {
		c.shows(b)
	}
	c.changed = true
}

// shows makes b the bounce that the contact shows.
func (c *contact) shows(b *bouncehound.Bounce) {
	c.Reason, c.Class, c.Status, c.Diagnostic = b.Reason, b.Class, b.Status, b.Diagnostic
	c.changed = true
}

const contactColumns = `c.number, c.key, c.email, c.standing, c.since, c.until, c.cause, c.by, c.note, c.released,
	c.reason, c.class, c.status, c.diagnostic, c.bounces, c.first_bounced_at, c.last_bounced_at, c.pruned`

func (c *contact) columns() []any {
	return []any{&c.number, &c.key, &c.Email, &c.Standing, (*stamp)(&c.Since), (*stamp)(&c.Until), &c.Cause, &c.By, &c.Note, (*stamp)(&c.released),
		&c.Reason, &c.Class, &c.Status, &c.Diagnostic, &c.Bounces, (*stamp)(&c.FirstBouncedAt), (*stamp)(&c.LastBouncedAt), (*stamp)(&c.pruned)}
}

func scanContact(rows *sql.Rows) (contact, error) {
	var c contact
	err := rows.Scan(c.columns()...)
	return c, err
}

// contact reads the contact with a key.
func (t *transaction) contact(key string) (c contact, ok bool, err error) {
	if t.strangers[key] {
		return c, false, nil
	}
	ok, err = t.one(`SELECT `+contactColumns+` FROM contacts c WHERE c.key = ?`, []any{key}, c.columns()...)
	return c, ok, err
}

// save writes a contact.
func (t *transaction) save(c *contact) (err error) {
	c.changed = false
	if c.number == 0 {
		delete(t.strangers, c.key)
		c.number, err = t.insert(`INSERT INTO contacts (standing, since, until, cause, by, note, released,
			reason, class, status, diagnostic, bounces, first_bounced_at, last_bounced_at, key, email, domain)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, c.row()...)
		return err
	}
	_, err = t.exec(`UPDATE contacts SET (standing, since, until, cause, by, note, released,
		reason, class, status, diagnostic, bounces, first_bounced_at, last_bounced_at) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		WHERE number = ?`, append(c.row()[:14], c.number)...)
	return err
}

// row returns a contact as columns; the last three never change.
func (c *contact) row() []any {
	return []any{c.Standing, stamp(c.Since), stamp(c.Until), c.Cause, c.By, c.Note, stamp(c.released),
		c.Reason, c.Class, c.Status, c.Diagnostic, c.Bounces, stamp(c.FirstBouncedAt), stamp(c.LastBouncedAt),
		c.key, c.Email, bouncehound.Domain(c.Email)}
}
