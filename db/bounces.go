package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"bouncehound"
)

// A BounceFilter says which bounces are wanted; its zero value wants all but
// repeats.
type BounceFilter struct {
	Address   string // in any spelling
	Reason    bouncehound.Reason
	Class     bouncehound.Class
	Mailbox   string
	Since     time.Time // arrived at or after
	MessageID string    // of the original or of the report
	Message   string    // Message.ID of the report, or the beginning of it
	Action    bouncehound.Action
	Repeats   bool  // repeats too
	After     int64 // only those with a greater ID
	UpTo      int64 // only those up to this ID; 0: all
	Limit     int   // at most so many; 0: all
}

// Bounces returns the bounces that a filter wants, in the order of their IDs, as
// they are read. They are without explanation and advice, which follow from the
// rest.
func (db *DB) Bounces(ctx context.Context, f BounceFilter) iter.Seq2[bouncehound.Bounce, error] {
	return func(yield func(bouncehound.Bounce, error) bool) {
		keys, err := db.keysOf(ctx, f.Address)
		if err != nil {
			yield(bouncehound.Bounce{}, fmt.Errorf("bounces: %w", err))
			return
		}
		query, args := f.query(keys[0])
		stream(ctx, db.readers, "bounces", scanBounce, query, args...)(yield)
	}
}

// query returns the SQL of a filter.
func (f BounceFilter) query(key string) (query string, args []any) {
	var w where
	w.add(f.Address != "", `b.key = ?`, key)
	w.add(f.Reason != "", `b.reason = ?`, f.Reason)
	w.add(f.Class != "", `b.class = ?`, f.Class)
	w.add(f.Mailbox != "", `+m.mailbox = ?`, f.Mailbox) // "+": in the order of the bounces, not by its index
	w.add(!f.Since.IsZero(), `b.arrived_at >= ?`, stamp(f.Since))
	w.add(f.MessageID != "", aboutMessage, bracketed(f.MessageID), bracketed(f.MessageID))
	id := strings.ToLower(f.Message)
	w.add(id != "", `b.message IN (SELECT number FROM messages WHERE id >= ? AND id < ?)`, id, id+"g")
	w.add(f.Action != "", `b.action = ?`, f.Action)
	w.add(!f.Repeats, `b.repeat = 0`)
	w.add(f.After > 0, `b.id > ?`, f.After)
	w.add(f.UpTo > 0, `b.id <= ?`, f.UpTo)
	return selectBounces + w.String() + ` ORDER BY b.id LIMIT ?`, append(w.args, limit(f.Limit))
}

// aboutMessage is about a bounce b: of this original or of this report.
const aboutMessage = `b.id IN (SELECT id FROM bounces WHERE original_id = ?
	UNION SELECT r.id FROM bounces r JOIN messages m ON m.number = r.message WHERE m.message_id = ?)`

// bracketed returns a Message-ID with its angle brackets, which people leave out.
func bracketed(id string) string {
	if strings.HasPrefix(id, "<") {
		return id
	}
	return "<" + id + ">"
}

const selectBounces = `SELECT b.id, m.id, m.mailbox, b.repeat, m.format, coalesce(m.message_id, ''), b.arrived_at, m.reporting_mta, m.original,
	b.action, b.recipient, b.final_recipient, b.status, b.reply, b.diagnostic, b.remote_mta,
	b.class, b.reason, b.fault, b.ses_type, b.ses_subtype, b.rule, b.matched, b.confidence, b.retry,
	coalesce(s.contact_id, ''), s.sent_at
	FROM bounces b JOIN messages m ON m.number = b.message LEFT JOIN sent s ON s.number = b.sent`

func scanBounce(rows *sql.Rows) (b bouncehound.Bounce, err error) {
	var original []byte
	err = rows.Scan(&b.ID, &b.Message, &b.Mailbox, &b.Repeat, &b.Format, &b.MessageID, (*stamp)(&b.ArrivedAt), &b.ReportingMTA, &original,
		&b.Action, &b.Address, &b.Final, &b.Status, &b.Reply, &b.Diagnostic, &b.RemoteMTA,
		&b.Class, &b.Reason, &b.Fault, &b.SESType, &b.SESSubtype, &b.Rule, &b.Matched, &b.Confidence, &b.Retry,
		&b.ContactID, (*stamp)(&b.SentAt))
	if err == nil && len(original) > 0 {
		err = json.Unmarshal(original, &b.Original)
	}
	return b, err
}

// bounceByID reads one bounce.
func (t *transaction) bounceByID(id int64) (*bouncehound.Bounce, error) {
	if len(t.waiting.rows[bounceRows]) > 0 {
		if err := t.flush(); err != nil {
			return nil, err
		}
	}
	for b, err := range stream(t.ctx, t.Tx, "bounce", scanBounce, selectBounces+` WHERE b.id = ?`, id) {
		return &b, err
	}
	return nil, fmt.Errorf("bounce %d is not there", id)
}
