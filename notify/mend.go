package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

// ErrNothingToSkip says that the endpoint is done with every event that is for it.
var ErrNothingToSkip = errors.New("no event to skip")

// Skip makes the event at the head a dead letter, so that the next comes, at once. The
// error is ErrNothingToSkip if there is none.
func (s *Sender) Skip(ctx context.Context) (bouncehound.Event, error) {
	c, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return bouncehound.Event{}, fmt.Errorf("webhook %s: skip: %w", s.name, err)
	}
	for {
		events, upTo, err := s.log.Pending(ctx, c, s.types, batch)
		if err != nil {
			return bouncehound.Event{}, fmt.Errorf("webhook %s: skip: %w", s.name, err)
		}
		for _, head := range events {
			if s.cannotSay(head) {
				c.Skipped++
				continue // it does not stand in the way
			}
			why := c.LastError
			if why == "" {
				why = "skipped by hand"
			}
			letter := bouncehound.DeadLetter{Consumer: s.name, Event: head, At: time.Now().UTC(), Error: why}
			if err := s.log.SetAside(ctx, done(c, head.Sequence), letter); err != nil {
				return bouncehound.Event{}, fmt.Errorf("webhook %s: skip: %w", s.name, err)
			}
			return head, nil
		}
		if c.Sequence = upTo; len(events) < batch {
			return bouncehound.Event{}, fmt.Errorf("webhook %s: %w", s.name, ErrNothingToSkip)
		}
	}
}

// Resume lets a paused endpoint have events again, and one that is held back at once.
func (s *Sender) Resume(ctx context.Context) (bouncehound.Cursor, error) {
	c, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return c, fmt.Errorf("webhook %s: resume: %w", s.name, err)
	}
	c = done(c, c.Sequence)
	c.Paused = false
	if err := s.log.SaveCursor(ctx, c); err != nil {
		return c, fmt.Errorf("webhook %s: resume: %w", s.name, err)
	}
	return c, nil
}
