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
	Reasons     []bouncehound.Reason   // that the class has; if told, few of them are found sooner
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
		if err := db.contacts(ctx, f, yield); err != nil {
			yield(bouncehound.Contact{}, fmt.Errorf("contacts: %w", explain(err)))
		}
	}
}

func (db *DB) contacts(ctx context.Context, f ContactFilter, yield func(bouncehound.Contact, error) bool) error {
	tx, err := db.readers.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	if f.few, err = fromFew(ctx, tx, f.Mailbox); err != nil {
		return err
	}
	found, err := f.narrowed(ctx, tx)
	if err != nil {
		return err
	}
	query, args, err := f.query(found)
	if err != nil {
		return err
	}
	scan := func(rows *sql.Rows) (bouncehound.Contact, error) {
		c, err := scanContact(rows)
		return c.Contact, err
	}
	stream(ctx, tx, "contacts", scan, query, args...)(yield)
	return nil
}

// fewMessages is up to how many messages of a mailbox it is quicker to begin with them
// than to look for them among each contact's.
const fewMessages = 2000

// fromFew says whether few messages came to a mailbox.
func fromFew(ctx context.Context, tx *sql.Tx, mailbox string) (few bool, err error) {
	if mailbox == "" {
		return false, nil
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) < ?2 FROM (`+selectMailbox+`)`, mailbox, fewMessages).Scan(&few)
	return few, err
}

const selectMailbox = `SELECT 1 FROM messages WHERE mailbox = ?1 LIMIT ?2`

// standings returns the standings that a filter wants, each once.
func (f ContactFilter) standings() (all []bouncehound.Standing) {
	wanted := f.Standing
	if len(wanted) == 0 {
		wanted = []bouncehound.Standing{bouncehound.OK, bouncehound.Watch, bouncehound.DoNotEmail}
	}
	for _, standing := range wanted {
		if !slices.Contains(all, standing) {
			all = append(all, standing)
		}
	}
	return all
}

// query returns the SQL of a filter. Each standing is a query of its own, which reads
// its index in the order wanted, or begins with the few that were found; SQLite merges
// them as they are read.
func (f ContactFilter) query(found map[bouncehound.Standing][]int64) (query string, args []any, err error) {
	order, ok := sorts[f.Sort]
	if !ok {
		return "", nil, fmt.Errorf("sort is %q, not email, since, last or bounces", f.Sort)
	}
	standings := f.standings()
	if numbers, ok := found[anyStanding]; ok {
		w := where{}
		if err := w.begin(numbers); err != nil {
			return "", nil, err
		}
		list, err := encode(standings)
		if err != nil {
			return "", nil, err
		}
		w.add(true, `+c.standing IN (SELECT value FROM json_each(?))`, string(list))
		f.where(&w, order)
		query, args, standings = `SELECT `+contactColumns+` FROM contacts c`+w.String(), w.args, nil
	}
	for i, standing := range standings {
		if i > 0 {
			query += ` UNION ALL `
		}
		w := where{}
		// The "+" keeps SQLite from another index than the one wanted.
		stands := `c.standing = ?`
		if numbers, ok := found[standing]; ok {
			if err := w.begin(numbers); err != nil {
				return "", nil, err
			}
			stands = `+c.standing = ?`
		} else if f.few {
			stands = `+c.standing = ?`
		}
		w.add(true, stands, standing)
		f.where(&w, order)
		query += `SELECT ` + contactColumns + ` FROM contacts c` + w.String()
		args = append(args, w.args...)
	}
	return query + ` ORDER BY ` + order + ` LIMIT ?`, append(args, limit(f.Limit)), nil
}

// where adds the conditions of a filter but the standing. Contacts are looked at in an
// order, or with "" as SQLite likes best.
func (f ContactFilter) where(w *where, order string) {
	plus := "+"
	if order == "" {
		plus = ""
	}
	reason := plus + `c.reason = ?`
	if order == sorts["since"] {
		reason = `c.reason = ?` // its index is in this order
	}
	w.add(!f.Forgotten, `c.email <> ''`)
	w.add(f.Reason != "", reason, f.Reason)
	w.add(f.Class != "", `c.class = ?`, f.Class)
	w.add(f.Domain != "", plus+`c.domain = ?`, bouncehound.Domain("@"+f.Domain))
	w.add(f.Mailbox != "" && f.few, `c.key IN (SELECT b.key FROM messages m JOIN bounces b ON b.message = m.number WHERE m.mailbox = ?)`, f.Mailbox)
	w.add(f.Mailbox != "" && !f.few, `EXISTS (SELECT 1 FROM bounces b JOIN messages m ON m.number = b.message
		WHERE b.key = c.key AND m.mailbox = ?)`, f.Mailbox)
	w.add(!f.Since.IsZero(), `(+c.last_bounced_at >= ? OR +c.since >= ?)`, stamp(f.Since), stamp(f.Since))
	w.add(f.MessageID != "", `EXISTS (SELECT 1 FROM bounces b JOIN messages m ON m.number = b.message
		WHERE b.key = c.key AND (b.original_id = ? OR m.message_id = ?))`, bracketed(f.MessageID), bracketed(f.MessageID))
	w.add(f.HeaderName != "", `EXISTS (SELECT 1 FROM bounces b JOIN headers h ON h.message = b.message
		WHERE b.key = c.key AND h.name = ? AND h.value = ?)`, f.HeaderName, f.HeaderValue)
	f.text(w)
}

// text adds the condition of a text.
func (f ContactFilter) text(w *where) {
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	w.add(f.Text != "", `(c.email LIKE ? ESCAPE '\' OR c.diagnostic LIKE ? ESCAPE '\' OR c.note LIKE ? ESCAPE '\')`, like, like, like)
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
