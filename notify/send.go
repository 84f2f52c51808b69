package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

// saveTimeout is how long the outcome of an attempt may take to be written once we
// are told to stop. Until then it may take as long as it takes: the disk may be busy.
const saveTimeout = 5 * time.Second

// outliving returns a context that ends saveTimeout after ctx does.
func outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(saveTimeout):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// failingAfter is how many attempts in a row fail before others are told of it: about
// five minutes.
const failingAfter = 5

// send makes attempts at events, in order, until one is not taken or the cursor
// turns out to have been moved by someone else.
func (s *Sender) send(ctx context.Context, c bouncehound.Cursor, events []bouncehound.Event) error {
	c = attempting(c, time.Now())
	if err := s.log.SaveCursor(ctx, c); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("save cursor: %w", err)
	}
	for i, e := range events {
		s.owes(s.timeout + stillAfter)
		next, err := s.attempt(ctx, c, e, i+1 < len(events))
		if err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		c = *next
	}
	return nil
}

// attempt makes one attempt at e, in its turn, and stores what came of it. A turn that
// another process keeps for longer than its attempt can take, stopped by ^Z say, is not
// waited for any longer: e is held.
func (s *Sender) attempt(ctx context.Context, c bouncehound.Cursor, e bouncehound.Event, more bool) (next *bouncehound.Cursor, err error) {
	var o outcome
	waiting, stop := context.WithTimeout(ctx, 2*s.timeout)
	finish, err := s.log.Turn(waiting, s.name)
	stop()
	switch {
	case err == nil:
		defer finish()
		o = s.post(ctx, e)
	case ctx.Err() != nil:
		o = outcome{fate: aborted}
	case errors.Is(err, context.DeadlineExceeded):
		o = outcome{fate: held, err: fmt.Errorf("not sent: another process has had an event on its way for over %v", 2*s.timeout)}
	default:
		o = outcome{fate: held, err: fmt.Errorf("not sent: %w", err)}
	}
	if o.fate == skipped { // unsaid deals with it
		o = outcome{fate: aborted}
	}
	return s.settle(ctx, c, e, o, more && ctx.Err() == nil)
}

// settle stores what came of an attempt at e, made with the cursor c, even when ctx
// is done: what we know must not be forgotten. With more to come, and nothing in
// the way of it, the attempt at the next event is written at the same time and its
// cursor returned; otherwise next is nil.
func (s *Sender) settle(ctx context.Context, c bouncehound.Cursor, e bouncehound.Event, o outcome, more bool) (next *bouncehound.Cursor, err error) {
	ctx, cancel := outliving(ctx)
	defer cancel()
	stored, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return nil, fmt.Errorf("open cursor: %w", err)
	}
	if stored.Sequence != c.Sequence {
		s.logger.Info("the cursor was moved by someone else", "from", c.Sequence, "to", stored.Sequence)
		return nil, nil
	}
	s.counted(o.fate)
	now := time.Now()
	logger := s.logger.With("event", e.ID, "type", string(e.Type), "sequence", e.Sequence)
	switch o.fate {
	case taken:
		stored = done(stored, e.Sequence)
		more = more && !stored.Paused
		if more {
			stored = attempting(stored, now)
		}
		if c.Attempts > 1 {
			logger.Info("the webhook takes events again", "attempts", c.Attempts)
		} else {
			logger.Debug("event sent")
		}
	case refused:
		stored = done(stored, e.Sequence)
		stored.LastError = o.err.Error()
		logger.Warn("event refused and set aside", "error", stored.LastError)
		letter := bouncehound.DeadLetter{Consumer: s.name, Event: e, At: now.UTC(), Error: stored.LastError}
		if err := s.log.SetAside(ctx, stored, letter); err != nil {
			return nil, fmt.Errorf("set event aside: %w", err)
		}
		return nil, nil
	case gone:
		stored.Paused = true
		stored.Attempts, stored.NextAt, stored.LastError = c.Attempts, time.Time{}, o.err.Error()
		more = false
		logger.Error("the endpoint wants no more events: paused until it is resumed", "error", stored.LastError)
	case aborted:
		stored.Attempts, stored.NextAt = c.Attempts-1, time.Time{}
		more = false
	case held:
		wait := o.after
		if wait == 0 {
			wait = backoff(c.Attempts)
		}
		stored.Attempts, stored.NextAt, stored.LastError = c.Attempts, now.Add(wait).UTC(), o.err.Error()
		more = false
		logger.Warn("event held back", "error", stored.LastError, "attempts", stored.Attempts, "next", stored.NextAt.Format(time.RFC3339))
	}
	if err := s.log.SaveCursor(ctx, stored); err != nil {
		return nil, fmt.Errorf("save cursor: %w", err)
	}
	if stored.Paused && o.fate == gone || o.fate == held && stored.Attempts >= failingAfter {
		a := bouncehound.Alert{Webhook: s.name, Failures: stored.Attempts, Error: stored.LastError, Paused: stored.Paused}
		if err := s.log.Alert(ctx, bouncehound.WebhookFailing, a); err != nil {
			return nil, fmt.Errorf("alert: %w", err)
		}
	}
	if !more {
		return nil, nil
	}
	return &stored, nil
}
