package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"bouncehound"
)

// A Told is one event about a contact's standing and what became of it at one consumer.
type Told struct {
	At       time.Time             `json:"at"`
	ID       string                `json:"id"`
	Type     bouncehound.EventType `json:"type"`
	Sequence int64                 `json:"sequence"`
	Consumer string                `json:"webhook"`
	State    ToldState             `json:"state"`
	Error    string                `json:"error,omitempty"` // of its refusal, or of the last attempt
}

// A ToldState says what became of an event at a consumer.
type ToldState string

const (
	ToldSent    ToldState = "sent"
	ToldWaiting ToldState = "waiting" // it comes later
	ToldRefused ToldState = "refused" // a dead letter
	ToldNever   ToldState = "never"   // the consumer began after it
)

// Told returns the events about a contact's standing that are still kept, the oldest
// first, and what became of each at those consumers that take its type; a consumer
// without types takes all of them.
func (db *DB) Told(ctx context.Context, address string, consumers map[string][]bouncehound.EventType) ([]Told, error) {
	scan := func(rows *sql.Rows) (t Told, err error) {
		var cursor, began, catchUp, later int64
		var refused sql.NullString
		var attempts string
		err = rows.Scan((*stamp)(&t.At), &t.ID, &t.Type, &t.Sequence, &t.Consumer, &cursor, &began, &catchUp, &attempts, &refused, &later)
		switch {
		case refused.Valid:
			t.State, t.Error = ToldRefused, refused.String
		case t.Sequence > cursor:
			t.State = ToldWaiting
			t.Error = attempts
		case t.Sequence <= began && t.Sequence > catchUp, t.Sequence <= catchUp && later != 0 && later <= catchUp:
			t.State = ToldNever
		default:
			t.State = ToldSent
		}
		return t, err
	}
	keys, err := db.keysOf(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("told: %w", err)
	}
	var told []Told
	for t, err := range stream(ctx, db.readers, "told", scan, `SELECT e.at, e.id, e.type, e.sequence, c.consumer, c.sequence, c.began, c.catch_up,
		CASE WHEN c.attempts > 0 THEN c.last_error ELSE '' END, d.error,
		coalesce((SELECT min(l.sequence) FROM events l WHERE l.contact = e.contact AND l.sequence > e.sequence AND l.type <> 'bounce.recorded'), 0)
		FROM events e CROSS JOIN cursors c LEFT JOIN dead_letters d ON d.consumer = c.consumer AND d.sequence = e.sequence
		WHERE e.contact = ? AND e.type <> 'bounce.recorded' ORDER BY e.sequence, c.consumer`, keys[0]) {
		if err != nil {
			return nil, err
		}
		if types, ok := consumers[t.Consumer]; ok && (len(types) == 0 || slices.Contains(types, t.Type)) {
			told = append(told, t)
		}
	}
	return told, nil
}
