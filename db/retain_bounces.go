package db

import (
	"database/sql"

	"bouncehound"
)

// An agedBounce is a bounce that may go.
type agedBounce struct {
	aged
	message   int64
	key       string
	arrivedAt string
	fact      bool // the policy looks at it
}

// holdsUp says of a bounce b of a contact c whether the standing rests on it.
const holdsUp = `c.number IS NOT NULL AND (b.id = coalesce((SELECT bounce FROM changes WHERE key = b.key ORDER BY number DESC LIMIT 1), 0)
	OR c.standing = 'watch' AND b.arrived_at >= c.since OR c.standing = 'do_not_email' AND b.class = 'complaint')`

// bounces takes out bounces that every incremental export has passed.
func (p *pruning) bounces(t *transaction) (more bool, err error) {
	if err := p.begin(t); err != nil {
		return false, err
	}
	if more, err = p.bouncesOf(t, `b.id <= coalesce((SELECT min(CAST(value AS INTEGER)) FROM settings WHERE name >= 'export/bounces/' AND name < 'export/bounces0'), b.id)`); err != nil {
		return false, err
	}
	return more, p.remember(t)
}

// shortened takes out bounces that were kept in short form and that no standing rests
// on any more.
func (p *pruning) shortened(t *transaction) (bool, error) { return p.bouncesOf(t, `b.short = 1`) }

func (p *pruning) bouncesOf(t *transaction, which string) (more bool, err error) {
	scan := func(rows *sql.Rows) (a agedBounce, err error) {
		err = rows.Scan(&a.number, &a.old, &a.keep, &a.message, &a.key, &a.arrivedAt, &a.fact)
		return a, err
	}
	rows, err := collect(stream(t.ctx, t.Tx, "bounces", scan, `SELECT b.id, m.recorded_at < ?, `+holdsUp+`, b.message, coalesce(b.key, ''), b.arrived_at,
		b.repeat = 0 AND b.action IN ('failed', 'complained', 'delivered')
		FROM bounces b JOIN messages m ON m.number = b.message LEFT JOIN contacts c ON c.key = b.key
		WHERE b.id > ? AND `+which+` ORDER BY b.id LIMIT ?`, stamp(p.before), p.at, retainAtOnce))
	if err != nil {
		return false, err
	}
	for _, a := range rows {
		if !a.old {
			return false, nil
		}
		p.at = a.number
		if err := p.bounce(t, a); err != nil {
			return false, err
		}
	}
	return len(rows) == retainAtOnce, nil
}

// bounce takes one bounce out, or puts it into short form.
func (p *pruning) bounce(t *transaction, a agedBounce) error {
	if a.keep {
		n, err := t.exec(`UPDATE bounces SET short = 1 WHERE id = ? AND short = 0`, a.number)
		if err != nil || n == 0 {
			return err
		}
		p.done.Short++
		return t.shorten(a.message, false)
	}
	if _, err := t.exec(`DELETE FROM bounces WHERE id = ?`, a.number); err != nil {
		return err
	}
	p.done.Bounces++
	if a.fact {
		if _, err := t.exec(`UPDATE contacts SET pruned = max(coalesce(pruned, ''), ?) WHERE key = ?`, a.arrivedAt, a.key); err != nil {
			return err
		}
	}
	return t.shorten(a.message, true)
}

// shorten leaves of a message what tells it again: its id, its place and its
// Message-ID, and that of the original.
func (t *transaction) shorten(message int64, pruned bool) error {
	for _, table := range []string{"raw", "headers"} {
		if _, err := t.exec(`DELETE FROM `+table+` WHERE message = ?`, message); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE messages SET pruned = max(pruned, ?), source = '', notes = '',
		original = CASE WHEN original <> '' AND original ->> 'message_id' IS NOT NULL THEN json_object('message_id', original ->> 'message_id') ELSE '' END
		WHERE number = ?`, pruned, message)
	return err
}

// countsFrom returns from when bounces count for or against a contact: since it was
// last released, and not from the time of which not all is known any more.
func (c *contact) countsFrom() bouncehound.History {
	h := bouncehound.History{Standing: c.Standing, Since: c.Since, Until: c.Until, Cause: c.Cause, Released: c.released}
	if !c.pruned.IsZero() {
		h.Released = later(h.Released, c.pruned.Add(1))
	}
	return h
}
