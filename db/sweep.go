package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"bouncehound"
)

// sweepAtOnce is how many contacts Sweep looks at in one transaction, so that it
// never holds up Record for long.
const sweepAtOnce = 500

// Sweep changes the standings that time alone changes: a window that emptied, a
// do_not_email that ended. Only contacts whose time has come are looked at; under
// another policy than the last time also all at watch, while those at ok wait for
// their next bounce. What an observing policy kept back is told once the policy
// observes no more. It returns how many standings changed, and works in several
// transactions: what one has changed stays changed. It calls beat, unless that is nil,
// after each.
func (db *DB) Sweep(ctx context.Context, p bouncehound.Policy, beat func()) (changed int, err error) {
	if beat == nil {
		beat = func() {}
	}
	print, err := fingerprint(p)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	var same, due, untold bool
	err = db.readers.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM settings WHERE name = 'policy'), '') = ?,
		EXISTS (SELECT 1 FROM contacts WHERE until <= ?), `+isUntold, print, stamp(db.now())).Scan(&same, &due, &untold)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", explain(err))
	}
	if untold && !p.Observe {
		if err := db.tell(ctx, beat); err != nil {
			return 0, err
		}
	}
	if due {
		changed, err = db.sweep(ctx, p, beat, `SELECT c.until, `+contactColumns+` FROM contacts c
			WHERE c.until <= ? AND (c.until, c.number) > (?, ?) ORDER BY c.until, c.number LIMIT ?`, stamp(db.now()))
		if err != nil {
			return changed, err
		}
	}
	if err := db.forgetRest(ctx, pagesAtSweep, beat); err != nil {
		return changed, fmt.Errorf("sweep: %w", explain(err))
	}
	if same {
		return changed, nil
	}
	more, err := db.sweep(ctx, p, beat, `SELECT c.since, `+contactColumns+` FROM contacts c
		WHERE c.standing = ? AND (c.since, c.number) > (?, ?) ORDER BY c.since, c.number LIMIT ?`, bouncehound.Watch)
	if err != nil {
		return changed + more, err
	}
	return changed + more, db.write(ctx, "sweep", func(t *transaction) error {
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ('policy', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, print)
		return err
	})
}

// sweep decides anew for the contacts of a query, which returns those after a place
// in its order.
func (db *DB) sweep(ctx context.Context, p bouncehound.Policy, beat func(), query string, which any) (changed int, err error) {
	type row struct {
		at string
		contact
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(append([]any{&r.at}, r.columns()...)...)
		return r, err
	}
	var last row
	for more := true; more; {
		here := 0
		err = db.write(ctx, "sweep", func(t *transaction) error {
			due, err := collect(stream(t.ctx, t.Tx, "due", scan, query, which, last.at, last.number, sweepAtOnce))
			if err != nil {
				return err
			}
			more = len(due) == sweepAtOnce
			for _, r := range due {
				stood := r.Standing
				if err := t.decide(&r.contact, p, nil); err != nil {
					return err
				}
				if r.Standing != stood {
					here++
				}
				if r.changed {
					if err := t.save(&r.contact); err != nil {
						return err
					}
				}
				last = r
			}
			return nil
		})
		if err != nil {
			return changed, err
		}
		beat()
		changed += here
	}
	return changed, nil
}

// fingerprint tells one policy from another.
func fingerprint(p bouncehound.Policy) (string, error) {
	p.Observe = false // standings do not depend on it
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
