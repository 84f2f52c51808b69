package db

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"time"

	"bouncehound"
)

// A ContactFilter says which contacts are wanted; its zero value wants all.
type ContactFilter struct {
	Standing    []bouncehound.Standing // any of these; none: all
	Reason      bouncehound.Reason     // as the contact shows it
	Class       bouncehound.Class      // likewise
	Domain      string                 // in any spelling, without its subdomains
	Mailbox     string                 // where one of its bounces was found
	Since       time.Time              // bounced, or changed its standing, at or after
	MessageID   string                 // one of its bounces is about this original or is this report
	HeaderName  string                 // one of its bounces is about an original with this header field, …
	HeaderValue string                 // … which has exactly this value
	Text        string                 // somewhere in address, diagnostic or note, ASCII letters in either case
	Sort        string                 // "email" (also: empty), or latest or most first: "since", "last", "bounces"
	Limit       int                    // at most so many; 0: all
}

// sorts are the orders in which Contacts can return contacts.
var sorts = map[string]string{
	"": "c.key", "email": "c.key", "since": "c.since DESC, c.key", "last": "c.last_bounced_at DESC, c.key", "bounces": "c.bounces DESC, c.key",
}

// Contacts returns the contacts that a filter wants, as they are read.
func (db *DB) Contacts(ctx context.Context, f ContactFilter) iter.Seq2[bouncehound.Contact, error] {
	order, ok := sorts[f.Sort]
	if !ok {
		return func(yield func(bouncehound.Contact, error) bool) {
			yield(bouncehound.Contact{}, fmt.Errorf("contacts: sort is %q, not email, since, last or bounces", f.Sort))
		}
	}
	var w where
	if n := len(f.Standing); n > 0 {
		args := make([]any, n)
		for i, s := range f.Standing {
			args[i] = s
		}
		w.add(true, `c.standing IN (?`+strings.Repeat(`, ?`, n-1)+`)`, args...)
	}
	w.add(f.Reason != "", `c.reason = ?`, f.Reason)
	w.add(f.Class != "", `c.class = ?`, f.Class)
	w.add(f.Domain != "", `c.domain = ?`, bouncehound.Domain("@"+f.Domain))
	w.add(f.Mailbox != "", `EXISTS (SELECT 1 FROM bounces b JOIN messages m ON m.number = b.message
		WHERE b.key = c.key AND m.mailbox = ?)`, f.Mailbox)
	w.add(!f.Since.IsZero(), `(c.last_bounced_at >= ? OR c.since >= ?)`, stamp(f.Since), stamp(f.Since))
	w.add(f.MessageID != "", `c.key IN (SELECT b.key FROM bounces b WHERE `+aboutMessage+`)`, bracketed(f.MessageID), bracketed(f.MessageID))
	w.add(f.HeaderName != "", `c.key IN (SELECT b.key FROM headers h JOIN bounces b ON b.message = h.message
		WHERE h.name = ? AND h.value = ?)`, f.HeaderName, f.HeaderValue)
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	w.add(f.Text != "", `(c.email LIKE ? ESCAPE '\' OR c.diagnostic LIKE ? ESCAPE '\' OR c.note LIKE ? ESCAPE '\')`, like, like, like)
	scan := func(rows *sql.Rows) (bouncehound.Contact, error) {
		c, err := scanContact(rows)
		return c.Contact, err
	}
	return stream(ctx, db.readers, "contacts", scan, `SELECT `+contactColumns+` FROM contacts c`+w.String()+
		` ORDER BY `+order+` LIMIT ?`, append(w.args, limit(f.Limit))...)
}

// Contact returns the contact with an address, in any spelling, and false if it is
// not known.
func (db *DB) Contact(ctx context.Context, address string) (bouncehound.Contact, bool, error) {
	var c contact
	ok, err := found(db.readers.QueryRowContext(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.key = ?`, bouncehound.Key(address)).Scan(c.columns()...))
	if err != nil {
		return bouncehound.Contact{}, false, fmt.Errorf("contact: %w", explain(err))
	}
	return c.Contact, ok, nil
}
