package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"bouncehound"
)

// sentBefore is how long before a bounce arrived the message it is about may have
// been sent, where only the recipient tells which it was: servers try for five days
// (RFC 5321 section 4.5.4.1), some for longer. clockAhead is how much later than the
// bounce, because clocks differ.
const (
	sentBefore = 14 * 24 * time.Hour
	clockAhead = 10 * time.Minute
)

// sentOf finds the message that a bounce with a key is about in the imported sent
// logs, and notes in the bounce what they tell. It returns the row's number, nil for
// none.
func (t *transaction) sentOf(b *bouncehound.Bounce, key string) (any, error) {
	if !t.sentKnown {
		if _, err := t.one(`SELECT EXISTS (SELECT 1 FROM sent)`, nil, &t.sentAny); err != nil {
			return nil, err
		}
		t.sentKnown = true
	}
	if !t.sentAny {
		return nil, nil
	}
	number, err := t.sentRow(b, key)
	if err != nil || number == 0 {
		return nil, err
	}
	_, err = t.one(`SELECT contact_id, sent_at FROM sent WHERE number = ?`, []any{number}, &b.ContactID, (*stamp)(&b.SentAt))
	return number, err
}

// sentRow finds the row of the sent logs: by the original's Message-ID and the
// recipient, by the Message-ID alone where it names one contact, else the last that
// was sent to the recipient before the bounce. A row kept beyond its time is one of
// several of which the others may be gone: only the first of the three finds it.
func (t *transaction) sentRow(b *bouncehound.Bounce, key string) (number int64, err error) {
	if id := b.Original.MessageID; id != "" {
		ok, err := t.one(`SELECT number FROM sent WHERE message_id = ? AND message_id <> '' AND key = ? ORDER BY number DESC LIMIT 1`, []any{bracketed(id), key}, &number)
		if ok || err != nil {
			return number, err
		}
		// A list or an alias: the bounce names somebody else than the log.
		var contacts int
		var kept bool
		_, err = t.one(`SELECT count(DISTINCT contact_id || ' ' || key), coalesce(max(number), 0), EXISTS (SELECT 1 FROM sent WHERE message_id = ?1 AND kept = 1) FROM
			(SELECT * FROM sent WHERE message_id = ?1 AND message_id <> '' LIMIT 10)`, []any{bracketed(id)}, &contacts, &number, &kept)
		if contacts == 1 && !kept || err != nil {
			return number, err
		}
	}
	if key == "" {
		return 0, nil
	}
	number = 0
	_, err = t.one(`SELECT number FROM sent WHERE key = ? AND key <> '' AND sent_at BETWEEN ? AND ? AND kept = 0 ORDER BY sent_at DESC LIMIT 1`,
		[]any{key, stamp(b.ArrivedAt.Add(-sentBefore)), stamp(b.ArrivedAt.Add(clockAhead))}, &number)
	return number, err
}

// AddSent adds rows of a sent log to a batch, in one transaction, and gives the
// bounces that are stored already what they tell. It returns which rows were new.
func (db *DB) AddSent(ctx context.Context, batch int64, rows []bouncehound.Sent) (added []bool, err error) {
	err = db.write(ctx, "add to the sent log", func(t *transaction) error {
		if err := t.openBatch(batch, bouncehound.ListSent); err != nil {
			return err
		}
		added = make([]bool, len(rows))
		n := 0
		for i, s := range rows {
			key, err := t.key(s.Address)
			if err != nil {
				return err
			}
			id := ""
			if s.MessageID != "" {
				id = bracketed(s.MessageID)
			}
			by, value := `message_id`, id
			if id == "" {
				by, value = `key`, key
			}
			var one int
			there, err := t.one(`SELECT 1 FROM sent WHERE `+by+` = ? AND `+by+` <> '' AND message_id = ? AND key = ? AND contact_id = ? AND sent_at IS ?`,
				[]any{value, id, key, s.ContactID, stamp(s.At)}, &one)
			if err != nil {
				return fmt.Errorf("row %d: %w", i+1, err)
			}
			if there {
				continue
			}
			if _, err := t.insert(`INSERT INTO sent (batch, message_id, key, contact_id, sent_at) VALUES (?, ?, ?, ?, ?)`, batch, id, key, s.ContactID, stamp(s.At)); err != nil {
				return fmt.Errorf("row %d: %w", i+1, err)
			}
			added[i] = true
			n++
			if err := t.matchBounces(id, key); err != nil {
				return fmt.Errorf("row %d: %w", i+1, err)
			}
		}
		return t.countBatch(batch, n, len(rows)-n)
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

// matchBounces finds anew what was sent for the bounces about an original, and for
// those of a recipient for which nothing was found so far.
func (t *transaction) matchBounces(messageID, key string) error {
	var err error
	if messageID != "" {
		err = t.match(`b.original_id = ?`, messageID)
	}
	if key != "" && err == nil {
		err = t.match(`b.key = ? AND b.sent IS NULL`, key)
	}
	return err
}

// match finds anew what was sent for the bounces that meet a condition. What a bounce
// was found to be about, and what is kept only for it, stays.
func (t *transaction) match(condition string, args ...any) error {
	t.sentKnown, t.sentAny = true, true
	type row struct {
		id  int64
		key string
		bouncehound.Bounce
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.key, (*stamp)(&r.ArrivedAt), &r.Original.MessageID)
		return r, err
	}
	bounces, err := collect(stream(t.ctx, t.Tx, "match", scan, `SELECT b.id, coalesce(b.key, ''), b.arrived_at, coalesce(b.original_id, '')
		FROM bounces b WHERE `+condition, args...))
	if err != nil {
		return err
	}
	for _, b := range bounces {
		number, err := t.sentOf(&b.Bounce, b.key)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE bounces SET sent = ?1 WHERE id = ?2 AND sent IS NOT ?1
			AND (?1 IS NOT NULL OR NOT EXISTS (SELECT 1 FROM sent s WHERE s.number = bounces.sent AND s.kept = 1))`, number, b.id); err != nil {
			return err
		}
	}
	return nil
}
