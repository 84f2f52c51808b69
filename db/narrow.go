package db

import (
	"context"
	"database/sql"
	"strings"

	"bouncehound"
)

// few is up to how many contacts it is quicker to begin with those that a filter fits,
// and to sort them, than to go through all in the order wanted until a page is full.
const few = 2000

// A reach finds the contacts that one condition of a filter fits by an index of its
// own, or, of a text, by reading all.
type reach struct {
	query string // numbers of contacts, more than once too
	args  []any
}

// reaches returns those of a filter that are the same for each standing.
func (f ContactFilter) reaches() (all []reach) {
	if f.MessageID != "" {
		id := bracketed(f.MessageID)
		all = append(all, reach{`SELECT c.number FROM bounces b JOIN contacts c ON c.key = b.key WHERE b.original_id = ?
			UNION ALL SELECT c.number FROM messages m JOIN bounces b ON b.message = m.number JOIN contacts c ON c.key = b.key WHERE m.message_id = ?`, []any{id, id}})
	}
	if f.HeaderName != "" {
		all = append(all, reach{`SELECT c.number FROM headers h JOIN bounces b ON b.message = h.message JOIN contacts c ON c.key = b.key
			WHERE h.name = ? AND h.value = ?`, []any{f.HeaderName, f.HeaderValue}})
	}
	if f.Domain != "" {
		all = append(all, reach{`SELECT number FROM contacts WHERE domain = ?`, []any{bouncehound.Domain("@" + f.Domain)}})
	}
	return all
}

// reachesOf returns those that are looked for within a standing: what is frequent in
// one is often rare in another.
func (f ContactFilter) reachesOf(standing bouncehound.Standing) (all []reach) {
	if !f.Since.IsZero() {
		since := stamp(f.Since)
		all = append(all, reach{`SELECT number FROM contacts WHERE standing = ? AND since >= ?
			UNION ALL SELECT number FROM contacts WHERE standing = ? AND last_bounced_at >= ?`, []any{standing, since, standing, since}})
	}
	reasons := f.Reasons
	if f.Reason != "" {
		reasons = []bouncehound.Reason{f.Reason}
	}
	if len(reasons) > 0 {
		r := reach{`SELECT number FROM contacts WHERE standing = ? AND reason IN (?` + strings.Repeat(`, ?`, len(reasons)-1) + `)`, []any{standing}}
		for _, reason := range reasons {
			r.args = append(r.args, reason)
		}
		all = append(all, r)
	}
	return all
}

// reachText finds a text in the order in which the table lies, several times as fast
// as in any other.
func (f ContactFilter) reachText() reach {
	var w where
	f.text(&w)
	return reach{`SELECT c.number FROM contacts c NOT INDEXED` + w.String(), w.args}
}

// narrowed returns the contacts that a filter can only fit, where they are few: of
// any, or else by standing. Of a standing that is missing they may be many.
func (f ContactFilter) narrowed(ctx context.Context, tx *sql.Tx) (map[bouncehound.Standing][]int64, error) {
	if f.few {
		return nil, nil // its messages are what to begin with
	}
	for _, r := range f.reaches() {
		if numbers, all, err := r.find(ctx, tx); all || err != nil {
			return map[bouncehound.Standing][]int64{anyStanding: numbers}, err
		}
	}
	found, standings := map[bouncehound.Standing][]int64{}, f.standings()
	for _, standing := range standings {
		for _, r := range f.reachesOf(standing) {
			numbers, all, err := r.find(ctx, tx)
			if err != nil {
				return nil, err
			}
			if all {
				found[standing] = numbers
				break
			}
		}
	}
	if f.Text != "" && len(found) < len(standings) {
		if numbers, all, err := f.reachText().find(ctx, tx); all || err != nil {
			return map[bouncehound.Standing][]int64{anyStanding: numbers}, err
		}
	}
	return found, nil
}

// anyStanding is the name of none.
const anyStanding bouncehound.Standing = ""

// find returns the numbers, and whether they are all.
func (r reach) find(ctx context.Context, tx *sql.Tx) (numbers []int64, all bool, err error) {
	scan := func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }
	numbers, err = collect(stream(ctx, tx, "find", scan, r.limited(), append(r.args, few)...))
	return append([]int64{}, numbers...), len(numbers) < few, err
}

func (r reach) limited() string { return r.query + ` LIMIT ?` }

// begin has contacts looked for among these only.
func (w *where) begin(numbers []int64) error {
	list, err := encode(numbers)
	w.add(true, `c.number IN (SELECT value FROM json_each(?))`, string(list))
	return err
}
