package notify

import (
	"context"
	"errors"
	"fmt"
)

// Retry sends the endpoint's dead letters again, in order, and drops those that it
// takes. Superseded ones are dropped and never sent: what they said is no longer
// so; that is looked up with nothing else of the endpoint on its way, so that no later
// event can have been sent before the letter is done with. One that is refused again
// stays and the next is tried; if the endpoint is down or shuts us out, the rest stays
// too. err then says why.
func (s *Sender) Retry(ctx context.Context) (sent, superseded int, err error) {
	c, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return 0, 0, fmt.Errorf("webhook %s: retry: open cursor: %w", s.name, err)
	}
	if c.Paused {
		return 0, 0, fmt.Errorf("webhook %s: retry: the endpoint is paused: %s", s.name, c.LastError)
	}
	r := retry{Sender: s}
	err = r.all(ctx)
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

// all goes through as many letters as there were when it began: an endpoint that goes
// on refusing makes new ones.
func (r *retry) all(ctx context.Context) error {
	n, err := r.log.DeadLetters(ctx, r.name)
	if err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	for range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// next deals with one dead letter, in its turn. An error ends the pass.
func (r *retry) next(ctx context.Context) error {
	finish, err := r.log.Turn(ctx, r.name)
	if err != nil {
		return fmt.Errorf("wait for a turn: %w", err)
	}
	defer finish()
	letter, ok, err := r.log.NextDeadLetter(ctx, r.name, r.upTo)
	if err != nil {
		return fmt.Errorf("read dead letter: %w", err)
	}
	if !ok { // somebody else retries too
		return nil
	}
	r.upTo = letter.Event.Sequence
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
