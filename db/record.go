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
	kept, err := db.shrink(ctx, b.Messages) // before the write lock is taken
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	recorded, err := db.record(ctx, b, kept, p, false)
	if errors.Is(err, errBadMessage) {
		recorded, err = db.record(ctx, b, kept, p, true)
	}
	return recorded, err
}

// errBadMessage is about a batch with a message that cannot be recorded as judged.
var errBadMessage = errors.New("a message cannot be recorded as judged")

// record keeps a batch in one transaction. If apart, each message is recorded in a
// savepoint of its own, so that a bad one fails no other; else, which costs a tenth
// less, nothing is kept if there is one, and the error is errBadMessage.
func (db *DB) record(ctx context.Context, b Batch, kept [][]byte, p bouncehound.Policy, apart bool) ([]Recorded, error) {
	recorded := make([]Recorded, len(b.Messages))
	err := db.write(ctx, "record", func(t *transaction) error {
		folders, err := t.folders(b)
		if err != nil {
			return err
		}
		t.histories = map[string][]bouncehound.Fact{}
		r := recording{transaction: t, policy: p, folders: folders, tidy: map[bouncehound.Kind]bool{}}
		if err := r.meet(b.Messages); err != nil {
			return err
		}
		for _, kind := range b.Tidy {
			r.tidy[kind] = true
		}
		for i, j := range b.Messages {
			if apart {
				recorded[i], err = r.message(j, kept[i])
			} else if recorded[i], err = r.attempt(j, kept[i]); err != nil && messagesFault(err) {
				return errBadMessage
			}
			if err != nil {
				return fmt.Errorf("message %s: %w", j.ID, err)
			}
		}
		return t.moveFolder(b.UpTo)
	})
	if err != nil {
		return nil, err
	}
	return recorded, nil
}

// A recording is the transaction of one batch.
type recording struct {
	*transaction
	policy  bouncehound.Policy
	folders map[folder]int64 // numbers of the folders of the batch
	tidy    map[bouncehound.Kind]bool
}

// message records one message within a savepoint of its own.
func (r *recording) message(j bouncehound.Judged, kept []byte) (Recorded, error) {
	if _, err := r.exec(`SAVEPOINT message`); err != nil {
		return Recorded{}, err
	}
	sequence, mark := r.sequence, r.waiting.mark()
	recorded, err := r.attempt(j, kept)
	if err != nil {
		if !messagesFault(err) {
			return Recorded{}, err
		}
		r.sequence = sequence
		r.waiting.undo(mark)
		clear(r.histories) // bounces of this message may be among them
		if _, undo := r.exec(`ROLLBACK TO message`); undo != nil {
			return Recorded{}, errors.Join(err, undo)
		}
		if recorded, err = r.unrecordable(j, err); err != nil {
			return Recorded{}, err
		}
	}
	_, err = r.exec(`RELEASE message`)
	return recorded, err
}

// attempt records a message as judged. That our own code fails on it is an error
// like another: it must not keep the others of the batch out for ever.
func (r *recording) attempt(j bouncehound.Judged, kept []byte) (recorded Recorded, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return r.judged(j, j.Kind(), kept)
}

// unrecordable keeps a message as unread after recording it as judged failed with
// because.
func (r *recording) unrecordable(j bouncehound.Judged, because error) (Recorded, error) {
	kept, err := compress(j.Message.Raw)
	if err != nil {
		return Recorded{}, err
	}
	note := "could not be recorded as judged: " + because.Error()
	j.Report = bouncehound.Report{MessageID: j.Report.MessageID, Unread: true, Notes: append(slices.Clip(j.Report.Notes), note)}
	j.Bounces, j.Message.InternalDate = nil, r.now // the time may have been what failed
	recorded, err := r.judged(j, bouncehound.KindUnread, kept)
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
