package db

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"bouncehound"
)

// A storedBounce is a bounce to be judged again.
type storedBounce struct {
	Rejudgement
	key      string
	message  int64 // the number of its message
	position int   // among the recipients of its message, from 0
}

// bounces reads the bounces to be judged that meet a condition.
func (r *rejudging) bounces(ctx context.Context, condition string, args ...any) ([]storedBounce, error) {
	scan := func(rows *sql.Rows) (s storedBounce, err error) {
		b := &s.Was
		err = rows.Scan(&s.key, &s.message, &s.position, &b.ID, &b.Message, &b.Mailbox, &b.Repeat, (*stamp)(&b.ArrivedAt),
			&b.Action, &b.Address, &b.Final, &b.Status, &b.Reply, &b.Diagnostic, &b.RemoteMTA,
			&b.Class, &b.Reason, &b.Fault, &b.SESType, &b.SESSubtype, &b.Rule, &b.Matched, &b.Confidence, &b.Retry)
		return s, err
	}
	query, args := r.query(condition, args...)
	return collect(stream(ctx, r.db.readers, "bounces", scan, query, args...))
}

// query returns the SQL for the bounces to be judged that meet a condition.
func (r Rejudging) query(condition string, args ...any) (string, []any) {
	position := `0`
	if r.Read != nil {
		position = `(SELECT count(*) FROM bounces p WHERE p.message = b.message AND p.id < b.id)`
	}
	since := `NOT coalesce(b.key >= 'FORGOTTEN:' AND b.key < 'FORGOTTEN;', 0) AND ` // what they said is blank
	if !r.Since.IsZero() {
		since, args = since+`b.arrived_at >= ? AND `, append([]any{stamp(r.Since)}, args...)
	}
	return `SELECT coalesce(b.key, ''), b.message, ` + position + `, b.id, m.id, m.mailbox, b.repeat, b.arrived_at,
		b.action, b.recipient, b.final_recipient, b.status, b.reply, b.diagnostic, b.remote_mta,
		b.class, b.reason, b.fault, b.ses_type, b.ses_subtype, b.rule, b.matched, b.confidence, b.retry
		FROM bounces b JOIN messages m ON m.number = b.message WHERE ` + since + condition, args
}

// again says what a stored bounce is today.
func (r *rejudging) again(ctx context.Context, s *storedBounce) error {
	s.Is = s.Was
	if r.Read != nil {
		read, err := r.reread(ctx, s.message)
		if err != nil {
			return err
		}
		if i := s.position; i < len(read.recipients) && bouncehound.Key(read.recipients[i].Address) == s.key {
			s.Is.Recipient = read.recipients[i]
		} else if s.Left = read.left; s.Left == "" && !read.other {
			s.Left = LeftDiffers
		}
		if err := r.leave(ctx, s, read); err != nil {
			return err
		}
	}
	v := r.Judge(s.Is.Recipient)
	v.Explanation, v.Advice = "", "" // they are not stored
	s.Is.Verdict = v
	return nil
}

// readingsKept bounds of how many messages it is remembered what they say.
const readingsKept = 1000

// reread returns what a report says of its recipients today.
func (r *rejudging) reread(ctx context.Context, message int64) (readAgain, error) {
	if known, ok := r.read[message]; ok {
		return known, nil
	}
	kept, err := r.kept(ctx, `m.number = ? AND m.kind = 'report'`, message)
	if err != nil {
		return readAgain{}, err
	}
	read := readAgain{other: len(kept) == 0}
	for _, k := range kept {
		if read.left, err = r.why(ctx, k); err != nil {
			return readAgain{}, err
		}
		if k.whole {
			read.recipients = r.Read(k.Message).Report.Recipients
		}
	}
	if len(r.read) >= readingsKept {
		clear(r.read)
	}
	r.read[message] = read
	return read, nil
}

// A keptMessage is a message with what is kept of its bytes; Raw is nil if nothing is.
type keptMessage struct {
	number int64
	id     string
	whole  bool // all that was read when it came is still there
	bouncehound.Message
}

// kept reads messages with what is kept of their bytes. InternalDate is when they arrived.
func (r *rejudging) kept(ctx context.Context, condition string, args ...any) ([]keptMessage, error) {
	scan := func(rows *sql.Rows) (k keptMessage, err error) {
		var squeezed []byte
		p := &k.Place
		err = rows.Scan(&k.number, &k.id, &p.Mailbox, &p.Folder, &p.UID, &k.Source, &k.Size, (*stamp)(&k.InternalDate), &squeezed)
		if err != nil {
			return k, err
		}
		if squeezed == nil {
			return k, nil
		}
		if k.Raw, err = io.ReadAll(flate.NewReader(bytes.NewReader(squeezed))); err != nil {
			return k, fmt.Errorf("the bytes of message %s: %w", k.id, err)
		}
		// The id tells whether these are the bytes that came: those of a report may have
		// been cut to the header, those of a large message were cut from the beginning.
		k.whole = k.ID() == k.id
		if !k.whole {
			k.Partial = true
			k.whole = k.ID() == k.id
		}
		return k, nil
	}
	return collect(stream(ctx, r.db.readers, "kept", scan, `SELECT m.number, m.id, m.mailbox, m.folder, m.uid, m.source, m.size, m.arrived_at, w.bytes
		`+keptFrom+condition, args...))
}

const keptFrom = `FROM messages m LEFT JOIN raw w ON w.message = m.number WHERE `

// write runs f in a write transaction, which is undone unless the run is to change
// something.
func (r *rejudging) write(ctx context.Context, f func(t *transaction) error) error {
	err := r.db.tryWrite(ctx, func(t *transaction) error {
		if err := f(t); err != nil || r.Apply {
			return err
		}
		return errNotApplied
	})
	if errors.Is(err, errNotApplied) {
		return nil
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
