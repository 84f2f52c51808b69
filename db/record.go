package db

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bouncehound"

	"github.com/mattn/go-sqlite3"
)

// A Batch is what Record keeps in one transaction.
type Batch struct {
	Messages []bouncehound.Judged
	UpTo     bouncehound.Place  // the folder's new cursor; zero: no cursor moves
	Tidy     []bouncehound.Kind // kinds whose copies have still to be tidied up in the inbox
}

// Recorded is what became of one message of a batch.
type Recorded struct {
	Kind    bouncehound.Kind     // as it is kept
	New     bool                 // false: this content was recorded before
	Bounces []bouncehound.Bounce // with ID and Repeat set; none if the message is not new
	Err     error                // the message could not be recorded as judged and was kept as unread
}

// Record keeps a batch of messages in one transaction: each message with its
// bounces, the standings that follow from them, the events that tell of both, and
// the cursor. It returns one Recorded a message.
//
// A message that cannot be recorded does not fail the others: what was done for it
// is undone, and it is kept as unread with its bytes. If that fails too, or the
// store itself does, nothing of the batch is kept. Such messages are rare: a batch
// is recorded as if there were none, and only if there is one from the beginning
// with a savepoint a message.
//
// Content that was recorded before changes nothing but where its copies lie, unless
// it is understood now and was not then: that is recorded as if it were new.
func (db *DB) Record(ctx context.Context, b Batch, p bouncehound.Policy) ([]Recorded, error) {
	ready := db.allPrepared(b.Messages) // before the write lock is taken
	recorded, err := db.record(ctx, b, ready, p, false)
	if errors.Is(err, errBadMessage) {
		recorded, err = db.record(ctx, b, ready, p, true)
	}
	return recorded, err
}

// errBadMessage is about a batch with a message that cannot be recorded as judged.
var errBadMessage = errors.New("a message cannot be recorded as judged")

// record keeps a batch in one transaction. If apart, each message is recorded in a
// savepoint of its own, so that a bad one fails no other; else, which costs half as
// much, their rows are written together, nothing is kept if there is one, and the error
// is errBadMessage.
func (db *DB) record(ctx context.Context, b Batch, ready []*prepared, p bouncehound.Policy, apart bool) ([]Recorded, error) {
	recorded := make([]Recorded, len(b.Messages))
	err := db.write(ctx, "record", func(t *transaction) error {
		folders, err := t.folders(b)
		if err != nil {
			return err
		}
		r := recording{transaction: t, policy: p, folders: folders, tidy: map[bouncehound.Kind]bool{}, apart: apart}
		if err := r.meet(b.Messages); err != nil {
			return err
		}
		for _, kind := range b.Tidy {
			r.tidy[kind] = true
		}
		for i, j := range b.Messages {
			if apart {
				recorded[i], err = r.message(j, ready[i], b.Messages)
			} else if recorded[i], err = r.attempt(j, ready[i]); err != nil && messagesFault(err) {
				return errBadMessage
			}
			if err != nil {
				return fmt.Errorf("message %s: %w", j.ID, err)
			}
		}
		if err := r.flush(); err != nil {
			if !apart && messagesFault(err) {
				return errBadMessage
			}
			return err
		}
		return t.moveFolder(b.UpTo)
	})
	if err != nil {
		return nil, err
	}
	return recorded, nil
}

// message records one message of a batch within a savepoint of its own.
func (r *recording) message(j bouncehound.Judged, ready *prepared, batch []bouncehound.Judged) (Recorded, error) {
	if _, err := r.exec(`SAVEPOINT message`); err != nil {
		return Recorded{}, err
	}
	recorded, err := r.attempt(j, ready)
	if err == nil {
		err = r.flush()
	}
	if err != nil {
		if !messagesFault(err) {
			return Recorded{}, err
		}
		if _, undo := r.exec(`ROLLBACK TO message`); undo != nil {
			return Recorded{}, errors.Join(err, undo)
		}
		if undo := r.startAnew(batch); undo != nil {
			return Recorded{}, errors.Join(err, undo)
		}
		if recorded, err = r.unrecordable(j, ready, err); err != nil {
			return Recorded{}, err
		}
		if err := r.flush(); err != nil {
			return Recorded{}, errors.Join(recorded.Err, err)
		}
	}
	_, err = r.exec(`RELEASE message`)
	return recorded, err
}

// attempt records a message as judged. That our own code fails on it is an error
// like another: it must not keep the others of the batch out for ever.
func (r *recording) attempt(j bouncehound.Judged, ready *prepared) (recorded Recorded, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if ready.err != nil {
		return Recorded{}, ready.err
	}
	return r.judged(j, j.Kind(), ready)
}

// unrecordable keeps a message as unread after recording it as judged failed with
// because.
func (r *recording) unrecordable(j bouncehound.Judged, was *prepared, because error) (Recorded, error) {
	if was.whole && len(j.Message.Raw) == 0 {
		var err error
		if j.Message.Raw, err = inflate(was.kept); err != nil {
			return Recorded{}, errors.Join(because, err)
		}
	}
	note := "could not be recorded as judged: " + because.Error()
	j.Report = bouncehound.Report{MessageID: j.Report.MessageID, Unread: true, Notes: append(slices.Clip(j.Report.Notes), note)}
	j.Bounces, j.Message.InternalDate = nil, r.now // the time may have been what failed
	ready := r.db.prepare(&j)
	if ready.err != nil {
		return Recorded{}, errors.Join(because, ready.err)
	}
	recorded, err := r.judged(j, bouncehound.KindUnread, ready)
	if err != nil {
		return Recorded{}, errors.Join(because, err)
	}
	recorded.Err = because
	return recorded, nil
}

// messagesFault says whether an error is about what was to be stored, and not
// about the store: a full disk is no reason to call a message unreadable.
func messagesFault(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	switch e.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch, sqlite3.ErrRange:
		return true
	}
	return false
}
