// Package notify takes events to webhook endpoints, each in order, until it takes
// them.
//
// Events are a log and each endpoint has a cursor in it. A [Sender] posts the
// event after its cursor and moves the cursor on when the endpoint has taken it,
// so every event arrives at least once and none overtakes another. What an answer
// means is in answer.go. What is sent is the business of a format: our own, that of
// another service (a dialect, one file each), or a template.
//
// Nothing is kept in memory: the next attempt is written before a request goes
// out, so that a crash can neither lose an event nor hammer an endpoint.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bouncehound"
)

// A Log is where events come from and where it is kept how far an endpoint has
// read. Each method is one transaction.
type Log interface {
	// OpenCursor returns the consumer's cursor as it is stored; one first seen is
	// made, where start says.
	OpenCursor(ctx context.Context, consumer string, start bouncehound.Start) (bouncehound.Cursor, error)
	SaveCursor(ctx context.Context, c bouncehound.Cursor) error
	// Pending returns the first events of the types that the cursor has not passed,
	// in order and at most limit. If there are none, upTo is how far the log was
	// looked through, so that the cursor can pass the events of other types.
	Pending(ctx context.Context, c bouncehound.Cursor, types []bouncehound.EventType, limit int) (events []bouncehound.Event, upTo int64, err error)
	// SetAside saves a cursor, already moved on, and a dead letter.
	SetAside(ctx context.Context, c bouncehound.Cursor, d bouncehound.DeadLetter) error
	DeadLetters(ctx context.Context, consumer string) (n int, err error) // how many there are
	// NextDeadLetter returns the first after a sequence as it is at this moment; false if
	// there is none.
	NextDeadLetter(ctx context.Context, consumer string, after int64) (letter bouncehound.DeadLetter, ok bool, err error)
	DropDeadLetter(ctx context.Context, consumer string, sequence int64) error
	// Turn waits until no other sender, of any process, has an event of the consumer on
	// its way, and keeps the others waiting until done is called.
	Turn(ctx context.Context, consumer string) (done func(), err error)
	// Alert writes an event that wants somebody to look, at most once a day.
	Alert(ctx context.Context, kind bouncehound.EventType, a bouncehound.Alert) error
}

// An Endpoint is where events are sent to.
type Endpoint struct {
	Name     string                  // its identity: the consumer of its cursor
	URL      string                  // http or https; user and password in it become basic authentication
	Format   string                  // "standard", "template" or a dialect, see Formats; empty: standard
	Template string                  // with the format "template": text/template, see docs/webhooks.md
	Secrets  []string                // of the format; standard: "whsec_" and base64 of 24 to 64 octets, one, or two during rotation: each signs
	Username string                  // of basic authentication; empty: none
	Password string                  //
	Events   []bouncehound.EventType // empty: every contact.* type, of a dialect those it has a counterpart for
	Start    bouncehound.Start       // where an endpoint first seen begins; empty: now
	Timeout  time.Duration           // of one attempt as a whole; 0: 30 s
	Headers  map[string]string       // sent along; not those that this package sets
}

// DefaultTimeout is how long one attempt may take.
const DefaultTimeout = 30 * time.Second

// A Sender takes events to one endpoint. Run and Deliver are not to be called at
// the same time; the other methods may be called at any time.
type Sender struct {
	name     string
	url      *url.URL
	format   format
	types    []bouncehound.EventType
	start    bouncehound.Start
	timeout  time.Duration
	headers  http.Header
	username string
	password string
	conceal  *strings.Replacer // takes secrets out of error texts
	log      Log
	logger   *slog.Logger
	client   *http.Client
	dialer   *dialer // of the client's connections
	wake     chan struct{}
	meter    bouncehound.Meter   // nil: nobody counts
	owe      func(time.Duration) // see Alive; nil: nobody is told
}

// New returns a sender to the endpoint. Its errors name what is wrong with the
// endpoint, and never tell a secret. logger may be nil.
func New(e Endpoint, log Log, logger *slog.Logger) (*Sender, error) {
	s, err := newSender(e)
	if err != nil {
		return nil, fmt.Errorf("webhook %q: %w", e.Name, err)
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s.log, s.logger = log, logger.With("endpoint", s.name)
	if s.url.Scheme == "http" && !isLoopback(s.url.Hostname()) {
		s.logger.Warn("the webhook is not encrypted: addresses cross the network in clear", "host", s.url.Host)
	}
	return s, nil
}

// Wake tells that there may be new events, or that the cursor may have been
// changed by someone else. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // a wake is waiting to be seen already
	}
}
