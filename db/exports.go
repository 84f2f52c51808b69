package db

import (
	"context"
	"fmt"
	"iter"

	"bouncehound"
)

// A Span is the events after one sequence and up to another.
type Span struct{ After, UpTo int64 }

// ContactsOf returns the contacts that a filter wants in the order in which they were
// first stored, which is how the table lies: a million is read three times as fast as
// by address. Sort of the filter is not looked at.
//
// With a span only those of which an event in it says that they are, or are no
// longer, do_not_email; with all, those of which an event says anything. Contacts are
// as they stand now, so that one that has changed again since may come once more in
// the next span.
func (db *DB) ContactsOf(ctx context.Context, f ContactFilter, span *Span, all bool) iter.Seq2[bouncehound.Contact, error] {
	w := where{}
	f.where(&w, "")
	if len(f.Standing) > 0 {
		list := ``
		args := make([]any, len(f.Standing))
		for i, s := range f.Standing {
			list += `, ?`
			args[i] = s
		}
		stands := `c.standing` // the "+" keeps SQLite from going by the index and jumping about in the table
		if span == nil {
			stands = `+c.standing`
		}
		w.add(true, stands+` IN (`+list[2:]+`)`, args...)
	}
	columns := leanLine
	if f.Forgotten {
		columns += `, c.key, c.sealed`
	}
	order := ` ORDER BY c.number`
	if span != nil {
		types := `e.type IN ('contact.do_not_email', 'contact.released')`
		if all {
			types = `e.type <> 'bounce.recorded'`
		}
		w.add(true, `c.key IN (SELECT e.contact FROM events e WHERE e.sequence > ? AND e.sequence <= ? AND `+types+`)`, span.After, span.UpTo)
	}
	return func(yield func(bouncehound.Contact, error) bool) {
		// The driver looks at a context that can end before and after each row.
		rows := stream(context.WithoutCancel(ctx), db.readers, "contacts", db.leanScan(f.Forgotten), `SELECT `+columns+` FROM contacts c`+w.String()+order+` LIMIT ?`,
			append(w.args, limit(f.Limit))...)
		n := 0
		for c, err := range rows {
			if n++; err == nil && n%256 == 0 && ctx.Err() != nil {
				c, err = bouncehound.Contact{}, fmt.Errorf("contacts: %w", ctx.Err())
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// LastBounce returns the ID of the last bounce ever stored, 0 if none was.
func (db *DB) LastBounce(ctx context.Context) (int64, error) {
	var n int64
	err := db.readers.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'bounces'), 0)`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("last bounce: %w", explain(err))
	}
	return n, nil
}
