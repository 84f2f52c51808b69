package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bouncehound"
)

// staleAfter is how long a list of dead letters is trusted: a later event of the
// same contact, recorded since, supersedes a letter in it.
const staleAfter = time.Second

// Retry sends the endpoint's dead letters again, in order, and drops those that it
// takes. Superseded ones are dropped and never sent: what they said is no longer
// so. One that is refused again stays and the next is tried; if the endpoint is
// down or shuts us out, the rest stays too. err then says why.
func (s *Sender) Retry(ctx context.Context) (sent, superseded int, err error) {
	c, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return 0, 0, fmt.Errorf("webhook %s: retry: open cursor: %w", s.name, err)
	}
	if c.Paused {
		return 0, 0, fmt.Errorf("webhook %s: retry: the endpoint is paused: %s", s.name, c.LastError)
	}
	r := retry{Sender: s}
	for more := true; more && err == nil; {
		more, err = r.some(ctx)
	}
	if err == nil && r.refused > 0 {
		err = fmt.Errorf("%d refused again: %w", r.refused, r.why)
	}
	if err != nil {
		err = fmt.Errorf("webhook %s: retry: %w", s.name, err)
	}
	return r.sent, r.superseded, err
}

// A retry is one pass over the dead letters.
type retry struct {
	*Sender
	upTo                      int64 // letters up to this sequence are done with
	sent, superseded, refused int
	why                       error // the last was refused
}

// some goes on with the dead letters; more says that it stopped only because its
// list of them got stale.
func (r *retry) some(ctx context.Context) (more bool, err error) {
	letters, err := r.log.DeadLetters(ctx, r.name)
	if err != nil {
		return false, fmt.Errorf("list dead letters: %w", err)
	}
	listed := time.Now()
	slices.SortStableFunc(letters, func(a, b bouncehound.DeadLetter) int {
		return cmp.Compare(a.Event.Sequence, b.Event.Sequence)
	})
	for _, letter := range letters {
		if letter.Event.Sequence <= r.upTo {
			continue
		}
		if time.Since(listed) > staleAfter {
			return true, nil
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := r.one(ctx, letter); err != nil {
			return false, err
		}
		r.upTo = letter.Event.Sequence
	}
	return false, nil
}

// one deals with one dead letter. An error ends the pass.
func (r *retry) one(ctx context.Context, letter bouncehound.DeadLetter) error {
	if !letter.Superseded {
		switch o := r.post(ctx, letter.Event); o.fate {
		case taken:
			r.sent++
		case skipped: // the format was changed
		case refused:
			r.refused++
			r.why = o.err
			return nil
		case gone:
			return errors.Join(o.err, r.pause(ctx, o.err))
		default:
			return o.err
		}
	}
	ctx, cancel := outliving(ctx)
	defer cancel()
	if err := r.log.DropDeadLetter(ctx, r.name, letter.Event.Sequence); err != nil {
		return fmt.Errorf("drop dead letter: %w", err)
	}
	if letter.Superseded {
		r.superseded++
	}
	return nil
}

// pause stops all sending to the endpoint.
func (r *retry) pause(ctx context.Context, why error) error {
	ctx, cancel := outliving(ctx)
	defer cancel()
	c, err := r.log.OpenCursor(ctx, r.name, r.start)
	if err != nil {
		return fmt.Errorf("open cursor: %w", err)
	}
	c.Paused, c.LastError = true, why.Error()
	if err := r.log.SaveCursor(ctx, c); err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	return nil
}
