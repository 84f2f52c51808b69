package db

import (
	"context"
	"encoding/json"
	"slices"

	"bouncehound"
)

// eventPageRows is how many events are looked through at once.
const eventPageRows = 2000

// eventPage blanks the address in events that every cursor has passed; those about it are
// about the contact with the key hash from then on, and are sent to nobody any more.
func (f *forgetting) eventPage(ctx context.Context, after, _ int64) (int64, error) {
	horizon, err := collect(stream(ctx, f.db.readers, "horizon", scanNumber, selectHorizon))
	if err != nil {
		return 0, err
	}
	bound := min(horizon[0], f.until)
	if f.try {
		bound = f.until
	}
	all, to, err := f.nextEvents(ctx, f.db.readers, after, bound)
	if err != nil {
		return 0, err
	}
	switch {
	case to == 0 && bound < f.until:
		return waitingHere, f.countWaiting(ctx, max(after, bound))
	case to == 0:
		return 0, nil
	}
	if f.try {
		for _, e := range all {
			f.count(e, horizon[0])
		}
		return to, nil
	}
	if len(all) == 0 {
		return to, nil
	}
	err = f.db.tryWrite(ctx, func(t *transaction) error {
		for _, e := range all {
			if err := t.blankEvent(f, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		f.done.Events += len(all)
	}
	return to, err
}

// selectHorizon is up to where every cursor has passed the events.
const selectHorizon = `SELECT coalesce((SELECT min(sequence) FROM cursors), (` + lastSequence + `))`

// nextEvents returns, of the next events up to a bound, those that name the address, and
// the last it has looked at; 0 if there are none.
func (f *forgetting) nextEvents(ctx context.Context, q querier, after, bound int64) (naming []bouncehound.Event, to int64, err error) {
	last, err := collect(stream(ctx, q, "page", scanNumber, `SELECT coalesce(max(sequence), 0) FROM (SELECT sequence FROM events WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?)`, after, bound, eventPageRows))
	if err != nil || last[0] == 0 {
		return nil, 0, err
	}
	all, err := collect(stream(ctx, q, "events", scanEvent, `SELECT `+eventColumns+` FROM events e WHERE e.sequence > ? AND e.sequence <= ? AND (`+f.mayName("e.data")+` OR `+f.mayName("e.contact")+`)`, after, last[0]))
	if err != nil {
		return nil, 0, err
	}
	return slices.DeleteFunc(all, func(e bouncehound.Event) bool {
		return !f.isOwn(e) && f.without(string(e.Data), true) == string(e.Data)
	}), last[0], nil
}

// isOwn says whether an event is about the address.
func (f *forgetting) isOwn(e bouncehound.Event) bool { return slices.Contains(f.written, e.Contact) }

// count counts an event as one that is blanked, or that waits.
func (f *forgetting) count(e bouncehound.Event, horizon int64) {
	if e.Sequence > horizon {
		f.done.Waiting++
	} else {
		f.done.Events++
	}
}

// countWaiting counts the events beyond a number that will be blanked, once.
func (f *forgetting) countWaiting(ctx context.Context, after int64) error {
	if f.key == "" { // nobody asks
		return nil
	}
	for {
		all, to, err := f.nextEvents(ctx, f.db.readers, after, f.until)
		if err != nil || to == 0 {
			return err
		}
		f.done.Waiting += len(all)
		after = to
	}
}

func (t *transaction) blankEvent(f *forgetting, e bouncehound.Event) error {
	contact, text := e.Contact, f.without(string(e.Data), true)
	if f.isOwn(e) {
		var err error
		contact = f.hash
		if text, err = blankEvent(e); err != nil {
			return err
		}
		text = f.without(text, true) // a server's name may hold anything
		if _, err := t.exec(`DELETE FROM dead_letters WHERE sequence = ?`, e.Sequence); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE events SET contact = ?, data = ? WHERE sequence = ?`, contact, text, e.Sequence)
	return err
}

// blankEvent returns the data of an event about an address that was forgotten.
func blankEvent(e bouncehound.Event) (string, error) {
	if e.Type == bouncehound.BounceRecorded {
		var b bouncehound.Bounce
		if err := json.Unmarshal(e.Data, &b); err != nil {
			return "", err
		}
		data, err := encode(blankBounce(b))
		return string(data), err
	}
	var c bouncehound.Change
	if err := json.Unmarshal(e.Data, &c); err != nil {
		return "", err
	}
	c.Email, c.Note = "", ""
	if c.Bounce != nil {
		b := blankBounce(*c.Bounce)
		c.Bounce = &b
	}
	data, err := encode(c)
	return string(data), err
}
