package db

import (
	"database/sql"
	"strconv"
	"time"
)

// A pruning takes out what was recorded before a time, the oldest first.
type pruning struct {
	before time.Time
	done   *Retained
	from   string // the setting that remembers how far it was last time; empty: from the beginning
	at     int64  // up to where it has looked, in the table's own numbers
	begun  bool   // at is set
}

// begin finds where the last run ended.
func (p *pruning) begin(t *transaction) error {
	if p.begun || p.from == "" {
		return nil
	}
	p.begun = true
	_, err := t.one(`SELECT value FROM settings WHERE name = ?`, []any{p.from}, &p.at)
	return err
}

func (p *pruning) remember(t *transaction) error {
	if p.from == "" || p.at == 0 {
		return nil
	}
	return t.set(p.from, strconv.FormatInt(p.at, 10))
}

// An aged is a row that may go.
type aged struct {
	number int64
	old    bool // it was recorded before
	keep   bool // and yet it is kept
}

func scanAged(rows *sql.Rows) (a aged, err error) {
	err = rows.Scan(&a.number, &a.old, &a.keep)
	return a, err
}

// raw takes out the bytes of reports.
func (p *pruning) raw(t *transaction) (more bool, err error) {
	rows, err := collect(stream(t.ctx, t.Tx, "raw", scanAged, `SELECT w.message, m.recorded_at < ?, m.kind <> 'report'
		FROM raw w JOIN messages m ON m.number = w.message WHERE w.message > ? ORDER BY w.message LIMIT ?`, stamp(p.before), p.at, retainAtOnce))
	if err != nil {
		return false, err
	}
	for _, a := range rows {
		if !a.old && !a.keep {
			return false, nil
		}
		p.at = a.number
		if a.keep {
			continue
		}
		if _, err := t.exec(`DELETE FROM raw WHERE message = ?`, a.number); err != nil {
			return false, err
		}
		p.done.Raw++
	}
	return len(rows) == retainAtOnce, nil
}

// unread takes out the bytes of messages that were not understood, and what was noted of
// them. They stay listed.
func (p *pruning) unread(t *transaction) (more bool, err error) {
	numbers, err := collect(stream(t.ctx, t.Tx, "unread", scanNumber, `SELECT m.number FROM messages m JOIN raw w ON w.message = m.number
		WHERE m.kind = 'unread' AND m.recorded_at < ? LIMIT ?`, stamp(p.before), retainAtOnce))
	if err != nil {
		return false, err
	}
	for _, n := range numbers {
		if err := t.shorten(n, false); err != nil {
			return false, err
		}
	}
	p.done.Raw += len(numbers)
	return len(numbers) == retainAtOnce, nil
}

// stillNeeded says which events go on to be kept: those that dead letters name, and
// those that tell a new endpoint where contacts stand.
const stillNeeded = `EXISTS (SELECT 1 FROM dead_letters d WHERE d.sequence = e.sequence) OR e.type <> 'bounce.recorded'
	AND EXISTS (SELECT 1 FROM contacts WHERE key = e.contact AND standing <> 'ok') AND NOT EXISTS ` + laterEvent

// events takes out events that every cursor has passed.
func (p *pruning) events(t *transaction) (more bool, err error) {
	if err := p.begin(t); err != nil {
		return false, err
	}
	rows, err := collect(stream(t.ctx, t.Tx, "events", scanAged, `SELECT e.sequence, e.at < ?, `+stillNeeded+` FROM events e
		WHERE e.sequence > ? AND e.sequence <= coalesce((SELECT min(sequence) FROM cursors), e.sequence) ORDER BY e.sequence LIMIT ?`,
		stamp(p.before), p.at, retainAtOnce))
	if err != nil {
		return false, err
	}
	for _, a := range rows {
		if !a.old {
			return false, p.remember(t)
		}
		p.at = a.number
		if a.keep {
			continue
		}
		if _, err := t.exec(`DELETE FROM events WHERE sequence = ?`, a.number); err != nil {
			return false, err
		}
		p.done.Events++
	}
	return len(rows) == retainAtOnce, p.remember(t)
}
