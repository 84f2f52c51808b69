package db

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
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
	Forgotten   bool                   // also those whose address was forgotten; it is empty

	few bool // that few messages came to Mailbox is known
}

// sorts are the orders in which Contacts can return contacts. Those that stand at
// once since the same moment come in the order of a table's numbers, as in the index.
var sorts = map[string]string{
	"": "key", "email": "key", "since": "since DESC, number DESC", "last": "last_bounced_at DESC, number DESC", "bounces": "bounces DESC, number DESC",
}

// Contacts returns the contacts that a filter wants, as they are read.
func (db *DB) Contacts(ctx context.Context, f ContactFilter) iter.Seq2[bouncehound.Contact, error] {
	return func(yield func(bouncehound.Contact, error) bool) {
		query, args, err := "", []any(nil), error(nil)
		if f.few, err = db.few(ctx, f.Mailbox); err == nil {
			query, args, err = f.query()
		}
		if err != nil {
			yield(bouncehound.Contact{}, fmt.Errorf("contacts: %w", err))
			return
		}
		scan := func(rows *sql.Rows) (bouncehound.Contact, error) {
			c, err := scanContact(rows)
			return c.Contact, err
		}
		stream(ctx, db.readers, "contacts", scan, query, args...)(yield)
	}
}

// fewMessages is up to how many messages of a mailbox it is quicker to begin with them
// than to look for them among each contact's.
const fewMessages = 2000

// few says whether few messages came to a mailbox.
func (db *DB) few(ctx context.Context, mailbox string) (few bool, err error) {
	if mailbox == "" {
		return false, nil
	}
	err = db.readers.QueryRowContext(ctx, `SELECT count(*) < ?2 FROM (`+selectMailbox+`)`, mailbox, fewMessages).Scan(&few)
	return few, explain(err)
}

const selectMailbox = `SELECT 1 FROM messages WHERE mailbox = ?1 LIMIT ?2`

// query returns the SQL of a filter. Each standing is a query of its own, which
// can read its index in the order wanted; SQLite merges them as they are read.
func (f ContactFilter) query() (query string, args []any, err error) {
	order, ok := sorts[f.Sort]
	if !ok {
		return "", nil, fmt.Errorf("sort is %q, not email, since, last or bounces", f.Sort)
	}
	// The "+" keeps SQLite from reading all of a standing where the filter names few.
	stands := `c.standing = ?`
	if f.MessageID != "" || f.HeaderName != "" || f.Domain != "" || f.few {
		stands = `+c.standing = ?`
	}
	if len(f.Standing) == 0 {
		w := f.where()
		query, args = `SELECT `+contactColumns+` FROM contacts c`+w.String(), w.args
	}
	for i, standing := range f.Standing {
		if slices.Contains(f.Standing[:i], standing) {
			continue
		}
		if query != "" {
			query += ` UNION ALL `
		}
		w := f.where()
		w.add(true, stands, standing)
		query += `SELECT ` + contactColumns + ` FROM contacts c` + w.String()
		args = append(args, w.args...)
	}
	return query + ` ORDER BY ` + order + ` LIMIT ?`, append(args, limit(f.Limit)), nil
}

// where returns the conditions of a filter but the standing.
func (f ContactFilter) where() *where {
	var w where
	w.add(!f.Forgotten, `c.email <> ''`)
	w.add(f.Reason != "", `c.reason = ?`, f.Reason)
	w.add(f.Class != "", `c.class = ?`, f.Class)
	w.add(f.Domain != "", `c.domain = ?`, bouncehound.Domain("@"+f.Domain))
	w.add(f.Mailbox != "" && f.few, `c.key IN (SELECT b.key FROM messages m JOIN bounces b ON b.message = m.number WHERE m.mailbox = ?)`, f.Mailbox)
	w.add(f.Mailbox != "" && !f.few, `EXISTS (SELECT 1 FROM bounces b JOIN messages m ON m.number = b.message
		WHERE b.key = c.key AND m.mailbox = ?)`, f.Mailbox)
	w.add(!f.Since.IsZero(), `(c.last_bounced_at >= ? OR c.since >= ?)`, stamp(f.Since), stamp(f.Since))
	w.add(f.MessageID != "", `c.key IN (SELECT b.key FROM bounces b WHERE `+aboutMessage+`)`, bracketed(f.MessageID), bracketed(f.MessageID))
	w.add(f.HeaderName != "", `c.key IN (SELECT b.key FROM headers h JOIN bounces b ON b.message = h.message
		WHERE h.name = ? AND h.value = ?)`, f.HeaderName, f.HeaderValue)
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	w.add(f.Text != "", `(c.email LIKE ? ESCAPE '\' OR c.diagnostic LIKE ? ESCAPE '\' OR c.note LIKE ? ESCAPE '\')`, like, like, like)
	return &w
}

// Contact returns the contact with an address, in any spelling, and false if it is
// not known.
func (db *DB) Contact(ctx context.Context, address string) (bouncehound.Contact, bool, error) {
	keys, err := db.keysOf(ctx, address)
	if err != nil {
		return bouncehound.Contact{}, false, fmt.Errorf("contact: %w", err)
	}
	var c contact
	ok, err := found(db.readers.QueryRowContext(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.key = ?`, keys[0]).Scan(c.columns()...))
	if err != nil {
		return bouncehound.Contact{}, false, fmt.Errorf("contact: %w", explain(err))
	}
	return c.Contact, ok, nil
}
