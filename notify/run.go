package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

const (
	batch = 50        // events read at once
	idle  = time.Hour // with nothing to do; Wake comes earlier
)

// stillAfter is how much longer than an attempt one step of Run may take.
const stillAfter = 15 * time.Minute

// Alive has Run call owe each time it goes on, with how long it will be at most until the
// next time; with 0 once it waits for something to do. It is to be called before Run.
func (s *Sender) Alive(owe func(within time.Duration)) { s.owe = owe }

func (s *Sender) owes(within time.Duration) {
	if s.owe != nil {
		s.owe(within)
	}
}

// Name returns the endpoint's name.
func (s *Sender) Name() string { return s.name }

// Run sends events as they come until ctx is done. It returns an error only if the
// log fails, never because of an endpoint. An attempt that the end of ctx cuts off
// does not count as failed: the event is the first to be sent next time.
func (s *Sender) Run(ctx context.Context) error {
	defer s.hangUp()
	defer s.owes(0)
	for {
		wait, err := s.drain(ctx)
		s.owes(0)
		if err != nil {
			return fmt.Errorf("webhook %s: %w", s.name, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Deliver sends what is due now and returns. The error is a [*Held] if events are
// left that the endpoint did not take.
func (s *Sender) Deliver(ctx context.Context) error {
	defer s.hangUp()
	if _, err := s.drain(ctx); err != nil {
		return fmt.Errorf("webhook %s: %w", s.name, err)
	}
	c, err := s.log.OpenCursor(ctx, s.name, s.start)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", s.name, err)
	}
	events, _, err := s.log.Pending(ctx, c, s.types, 1)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", s.name, err)
	}
	if len(events) == 0 || !c.Paused && c.Attempts == 0 && ctx.Err() == nil {
		return nil // what is left came in the meantime
	}
	return &Held{Endpoint: s.name, Event: events[0], Cursor: c}
}

// Held says that an endpoint has not taken all that is for it.
type Held struct {
	Endpoint string
	Event    bouncehound.Event  // the first that is held back
	Cursor   bouncehound.Cursor // tells the attempts, the next one and the last error
}

func (h *Held) Error() string {
	what := fmt.Sprintf("webhook %s: events from %s on are held back", h.Endpoint, h.Event.At.UTC().Format(time.RFC3339))
	switch c := h.Cursor; {
	case c.Paused:
		return what + ": the endpoint is paused: " + c.LastError
	case c.Attempts > 0:
		why := c.LastError
		if why == "" { // an attempt is written before it is made
			why = "the last attempt was broken off before an answer came"
		}
		return fmt.Sprintf("%s: attempts without success: %d, the next at %s: %s", what, c.Attempts, c.NextAt.UTC().Format(time.RFC3339), why)
	}
	return what
}

// drain sends what is due and returns how long there is nothing to do. It reads
// the cursor anew each time round, because another process may have moved it.
func (s *Sender) drain(ctx context.Context) (wait time.Duration, err error) {
	for {
		s.owes(s.timeout + stillAfter)
		c, err := s.log.OpenCursor(ctx, s.name, s.start)
		if ctx.Err() != nil {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("open cursor: %w", err)
		}
		if c.Paused {
			return idle, nil
		}
		if wait := untilDue(c, time.Now()); wait > 0 {
			return wait, nil
		}
		events, upTo, err := s.log.Pending(ctx, c, s.types, batch)
		if ctx.Err() != nil {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			return idle, s.pass(ctx, c, upTo)
		}
		unsaid, err := s.unsaid(ctx, c, events)
		if err != nil {
			return 0, err
		}
		if unsaid > 0 {
			continue
		}
		if err := s.send(ctx, c, events); err != nil {
			return 0, err
		}
	}
}

// unsaid passes the events at the head that the format cannot say, and returns how
// many. They are counted in the cursor.
func (s *Sender) unsaid(ctx context.Context, c bouncehound.Cursor, events []bouncehound.Event) (n int, err error) {
	for n < len(events) && s.cannotSay(events[n]) {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	s.logger.Info("events skipped: the format has no counterpart for them", "events", n, "from", events[0].Sequence, "to", events[n-1].Sequence)
	c.Skipped += n
	err = s.log.SaveCursor(ctx, done(c, events[n-1].Sequence))
	if err != nil && ctx.Err() == nil {
		return n, fmt.Errorf("save cursor: %w", err)
	}
	return n, nil
}

func (s *Sender) cannotSay(e bouncehound.Event) bool {
	if _, ours := s.format.(standard); ours {
		return false
	}
	_, err := s.format.body(e, e.At)
	return errors.Is(err, errNoCounterpart)
}

// pass moves a cursor over events that are not for the endpoint.
func (s *Sender) pass(ctx context.Context, c bouncehound.Cursor, upTo int64) error {
	if upTo <= c.Sequence && c.Attempts == 0 {
		return nil
	}
	err := s.log.SaveCursor(ctx, done(c, max(upTo, c.Sequence)))
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	return nil
}
