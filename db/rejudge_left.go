package db

import (
	"context"
	"time"

	"bouncehound"
)

// A Left says why a message was not read again, or not taken as it reads today.
type Left string

const (
	LeftPruned  Left = "retention" // retention took its bytes out
	LeftHeaders Left = "headers"   // only its header is kept
	LeftNone    Left = "not_kept"  // its bytes were not kept when it came, or forget took them out
	LeftDiffers Left = "differs"   // it names other recipients today; those that match were taken
)

// A LeftMessage is a message of which Rejudge goes by what was read when it came.
type LeftMessage struct {
	Why       Left
	ID        string
	Mailbox   string
	ArrivedAt time.Time
	Unread    bool // it was not understood, and stays so
}

// A readAgain is what a report says of its recipients today.
type readAgain struct {
	recipients []bouncehound.Recipient
	left       Left // empty: it was read
	other      bool // it is no report: its bytes are never kept
}

// leave tells of a report that was not read again, or that names others today than the
// bounces that are stored of it; once, at the first of these.
func (r *rejudging) leave(ctx context.Context, s *storedBounce, read readAgain) error {
	if s.position > 0 || r.Left == nil || r.quiet || read.other {
		return nil
	}
	if read.left == "" {
		keys, err := collect(stream(ctx, r.db.readers, "recipients", scanText, `SELECT coalesce(key, '') FROM bounces WHERE message = ? ORDER BY id`, s.message))
		if err != nil || named(keys, read.recipients) {
			return err
		}
		read.left = LeftDiffers
	}
	r.Left(LeftMessage{Why: read.left, ID: s.Was.Message, Mailbox: s.Was.Mailbox, ArrivedAt: s.Was.ArrivedAt})
	return nil
}

// named says whether recipients have these keys in this order. Of a key that was
// forgotten nobody can tell.
func named(keys []string, recipients []bouncehound.Recipient) bool {
	if len(keys) != len(recipients) {
		return false
	}
	for i, key := range keys {
		if key != bouncehound.Key(recipients[i].Address) && !isForgotten(key) {
			return false
		}
	}
	return true
}

// why says why a message can't be read again; empty if it can.
func (r *rejudging) why(ctx context.Context, k keptMessage) (Left, error) {
	switch {
	case k.whole:
		return "", nil
	case k.Raw != nil:
		return LeftHeaders, nil
	}
	var pruned bool
	err := r.db.readers.QueryRowContext(ctx, `SELECT m.pruned OR EXISTS (SELECT 1 FROM bounces WHERE message = m.number AND short = 1)
		OR m.recorded_at < coalesce((SELECT value FROM settings WHERE name = iif(m.kind = 'unread', ?, ?)), '') FROM messages m WHERE m.number = ?`,
		prunedBounces, prunedRaw, k.number).Scan(&pruned)
	if err != nil || !pruned {
		return LeftNone, err
	}
	return LeftPruned, nil
}
