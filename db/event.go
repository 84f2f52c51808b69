package db

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"bouncehound"
)

// event writes an event into the log and returns its number.
func (t *transaction) event(kind bouncehound.EventType, key string, data []byte) (int64, error) {
	sequence, err := t.nextSequence()
	if err != nil {
		return 0, err
	}
	t.waiting.add(eventRows, sequence, newEventID(), kind, stamp(t.now), key, string(data))
	t.sequence = sequence
	return sequence, nil
}

// nextSequence returns the number that the next event will have, which is in its
// data too. Nobody else can take it: this transaction holds the write lock.
func (t *transaction) nextSequence() (int64, error) {
	if t.sequence == 0 {
		if _, err := t.one(lastSequence, nil, &t.sequence); err != nil {
			return 0, err
		}
	}
	return t.sequence + 1, nil
}

// lastSequence asks the counter and not the events, the newest of which may have
// been deleted.
const lastSequence = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)`

func newEventID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return "evt_" + hex.EncodeToString(b[:])
}

// encode returns JSON that people can read too, with "<" and ">" as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// A toldBounce is a bounce as its event tells of it.
type toldBounce struct {
	id   int64
	data []byte
}

// encodeChange is encode of a change. The bounce that decided is its last field, and
// most often the one of which an event told just before.
func (t *transaction) encodeChange(c *bouncehound.Change) ([]byte, error) {
	if c.Bounce == nil || c.Bounce.ID == 0 || c.Bounce.ID != t.told.id {
		return encode(c)
	}
	without := *c
	without.Bounce = nil
	data, err := encode(&without)
	if err != nil {
		return nil, err
	}
	return slices.Concat(data[:len(data)-1], []byte(`,"bounce":`), t.told.data, []byte{'}'}), nil
}

const eventColumns = `e.sequence, e.id, e.type, e.at, e.contact, e.data`

func eventInto(e *bouncehound.Event) []any {
	return []any{&e.Sequence, &e.ID, &e.Type, (*stamp)(&e.At), &e.Contact, &e.Data}
}

func scanEvent(rows *sql.Rows) (e bouncehound.Event, err error) {
	err = rows.Scan(eventInto(&e)...)
	return e, err
}

// Event returns the event with a number, and false if there is none (any more).
func (db *DB) Event(ctx context.Context, sequence int64) (bouncehound.Event, bool, error) {
	var e bouncehound.Event
	ok, err := found(db.readers.QueryRowContext(ctx, `SELECT `+eventColumns+` FROM events e WHERE e.sequence = ?`, sequence).Scan(eventInto(&e)...))
	if err != nil {
		return bouncehound.Event{}, false, fmt.Errorf("event %d: %w", sequence, explain(err))
	}
	return e, ok, nil
}

// LastSequence returns the number of the last event ever written, 0 if none was.
func (db *DB) LastSequence(ctx context.Context) (int64, error) {
	var n int64
	if err := db.readers.QueryRowContext(ctx, lastSequence).Scan(&n); err != nil {
		return 0, fmt.Errorf("last sequence: %w", explain(err))
	}
	return n, nil
}
