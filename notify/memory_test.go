package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"bouncehound"
)

// A memory is a Log without a disk. Like the real one it forgets the fractions of
// a second that a database would, and hands out copies.
type memory struct {
	mu      sync.Mutex
	events  []bouncehound.Event
	cursors map[string]bouncehound.Cursor
	letters []bouncehound.DeadLetter
	alerts  []bouncehound.Alert
	saves   int
	turns   map[string]chan struct{}
	fail    func(op string) error // asked before each operation; nil: none fails
}

func (m *memory) begin(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	if m.fail != nil {
		return m.fail(op)
	}
	return nil
}

// add records events about contacts and returns their ids.
func (m *memory) add(contacts ...string) (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, contact := range contacts {
		n := len(m.events) + 1
		e := bouncehound.Event{
			Sequence: int64(n), ID: fmt.Sprintf("evt_%032x", n), Type: bouncehound.ContactDoNotEmail, At: time.Now().UTC(),
			Contact: contact, Data: fmt.Appendf(nil, `{"email":%q,"sequence":%d}`, contact, n),
		}
		m.events = append(m.events, e)
		ids = append(ids, e.ID)
	}
	return ids
}

func (m *memory) last() int64 { return int64(len(m.events)) }

func (m *memory) OpenCursor(ctx context.Context, consumer string, start bouncehound.Start) (bouncehound.Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "open"); err != nil {
		return bouncehound.Cursor{}, err
	}
	c, ok := m.cursors[consumer]
	if !ok {
		c.Consumer = consumer
		switch start {
		case bouncehound.StartNow:
			c.Sequence = m.last()
		case bouncehound.StartStandings:
			c.CatchUp = m.last()
		}
		m.store(c)
	}
	return c, nil
}

func (m *memory) store(c bouncehound.Cursor) {
	if m.cursors == nil {
		m.cursors = map[string]bouncehound.Cursor{}
	}
	if !c.NextAt.IsZero() {
		c.NextAt = c.NextAt.Round(0).Truncate(time.Millisecond)
	}
	m.cursors[c.Consumer] = c
}

func (m *memory) SaveCursor(ctx context.Context, c bouncehound.Cursor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "save"); err != nil {
		return err
	}
	m.saves++
	m.store(c)
	return nil
}

func (m *memory) Pending(ctx context.Context, c bouncehound.Cursor, types []bouncehound.EventType, limit int) (events []bouncehound.Event, upTo int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "pending"); err != nil {
		return nil, 0, err
	}
	for _, e := range m.events {
		if e.Sequence <= c.Sequence || !slices.Contains(types, e.Type) || e.Sequence <= c.CatchUp && m.later(e, c.CatchUp) {
			continue
		}
		if events = append(events, e); len(events) == limit {
			return events, e.Sequence, nil
		}
	}
	return events, m.last(), nil
}

// later says whether there is a later event of the same contact, up to a sequence.
func (m *memory) later(e bouncehound.Event, upTo int64) bool {
	return e.Contact != "" && slices.ContainsFunc(m.events, func(x bouncehound.Event) bool {
		return x.Contact == e.Contact && x.Sequence > e.Sequence && x.Sequence <= upTo
	})
}

func (m *memory) SetAside(ctx context.Context, c bouncehound.Cursor, d bouncehound.DeadLetter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "set aside"); err != nil {
		return err
	}
	m.store(c)
	m.letters = append(m.letters, d)
	return nil
}

func (m *memory) DeadLetters(ctx context.Context, consumer string) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.letters {
		if d.Consumer == consumer {
			n++
		}
	}
	return n, m.begin(ctx, "count")
}

func (m *memory) NextDeadLetter(ctx context.Context, consumer string, after int64) (next bouncehound.DeadLetter, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "list"); err != nil {
		return next, false, err
	}
	for _, d := range m.letters {
		if n := d.Event.Sequence; d.Consumer == consumer && n > after && (!ok || n < next.Event.Sequence) {
			next, ok = d, true
			next.Superseded = m.later(d.Event, m.last())
		}
	}
	return next, ok, nil
}

func (m *memory) Turn(ctx context.Context, consumer string) (done func(), err error) {
	m.mu.Lock()
	if m.turns == nil {
		m.turns = map[string]chan struct{}{}
	}
	if m.turns[consumer] == nil {
		m.turns[consumer] = make(chan struct{}, 1)
	}
	turn := m.turns[consumer]
	err = m.begin(ctx, "turn")
	m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) DropDeadLetter(ctx context.Context, consumer string, sequence int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "drop"); err != nil {
		return err
	}
	before := len(m.letters)
	m.letters = slices.DeleteFunc(m.letters, func(d bouncehound.DeadLetter) bool {
		return d.Consumer == consumer && d.Event.Sequence == sequence
	})
	if len(m.letters) == before {
		return errors.New("no such dead letter")
	}
	return nil
}

func (m *memory) Alert(ctx context.Context, kind bouncehound.EventType, a bouncehound.Alert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx, "alert"); err != nil {
		return err
	}
	if kind != bouncehound.WebhookFailing {
		return fmt.Errorf("alert of type %s", kind)
	}
	m.alerts = append(m.alerts, a)
	return nil
}

// cursor returns a cursor as it is stored.
func (m *memory) cursor(consumer string) bouncehound.Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[consumer]
}

// change is what another process does to a cursor.
func (m *memory) change(consumer string, f func(*bouncehound.Cursor)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cursors[consumer]
	f(&c)
	m.store(c)
}
