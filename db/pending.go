package db

import (
	"context"
	"fmt"
	"strings"

	"bouncehound"
)

// Pending returns the next events for a consumer, at most limit of them (0: all),
// in order: those after c.Sequence that are of the given types, without types every
// contact.* event. upTo is the number up to which all events were looked at: a
// consumer that is done with what it was given may put its cursor there, past
// events that are not for it.
//
// Up to c.CatchUp it returns only the last event of each contact, and that only of
// contacts that stand at watch or do_not_email.
func (db *DB) Pending(ctx context.Context, c bouncehound.Cursor, types []bouncehound.EventType, atMost int) (events []bouncehound.Event, upTo int64, err error) {
	events, upTo, err = db.pending(ctx, c, types, atMost)
	if err != nil {
		return nil, 0, fmt.Errorf("events for %s: %w", c.Consumer, explain(err))
	}
	return events, upTo, nil
}

func (db *DB) pending(ctx context.Context, c bouncehound.Cursor, types []bouncehound.EventType, atMost int) ([]bouncehound.Event, int64, error) {
	// One transaction, so that no event is between the last one read and upTo.
	tx, err := db.readers.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, err
	}
	defer tx.Rollback() // it has only read
	var last int64
	if err := tx.QueryRowContext(ctx, lastSequence).Scan(&last); err != nil {
		return nil, 0, err
	}
	if last <= c.Sequence {
		return nil, c.Sequence, nil
	}
	w := pendingFor(c, types)
	events, err := collect(stream(ctx, querier(tx), "pending", scanEvent,
		`SELECT `+eventColumns+` FROM events e`+w.String()+` ORDER BY e.sequence LIMIT ?`, append(w.args, limit(atMost))...))
	if err != nil {
		return nil, 0, err
	}
	if atMost > 0 && len(events) == atMost {
		last = events[atMost-1].Sequence
	}
	return events, last, nil
}

// pendingFor are the conditions of the events e that are for a consumer and not yet
// passed.
func pendingFor(c bouncehound.Cursor, types []bouncehound.EventType) *where {
	var w where
	w.add(true, `e.sequence > ?`, c.Sequence)
	w.add(true, `NOT (e.contact >= 'FORGOTTEN:' AND e.contact < 'FORGOTTEN;')`) // they are blank
	if len(types) == 0 {
		w.add(true, `e.type LIKE 'contact.%'`)
	} else {
		args := make([]any, len(types))
		for i, t := range types {
			args[i] = t
		}
		w.add(true, `e.type IN (?`+strings.Repeat(`, ?`, len(types)-1)+`)`, args...)
	}
	w.add(c.CatchUp > c.Sequence, `(e.sequence > ? OR e.type LIKE 'contact.%'
		AND EXISTS (SELECT 1 FROM contacts WHERE key = e.contact AND standing <> 'ok')
		AND NOT EXISTS `+laterEvent+`)`, c.CatchUp)
	return &w
}

// laterEvent is about an event e of a contact: a later one tells where the contact
// stands now. (The first of the conditions is that of the index.)
const laterEvent = `(SELECT 1 FROM events l WHERE l.contact = e.contact AND l.sequence > e.sequence AND l.type <> 'bounce.recorded' AND l.contact <> '')`
