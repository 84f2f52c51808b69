// Package web serves HTTP on one listener: metrics for Prometheus, health, and an
// interface (openapi.json) for applications that would rather ask than be told.
//
// Addresses are personal data and a standing decides who is written to. So without a
// token only programs on this machine are answered, nothing can be changed, and a
// request must name this machine as its host: a web page whose name was made to lead
// here (DNS rebinding) does not. No address is ever logged.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"bouncehound"
)

// A Store is what applications ask about and may change.
type Store interface {
	// Contact returns a contact with all that is known of it, the oldest first; false
	// if nothing is.
	Contact(ctx context.Context, address string) (History, bool, error)
	// Check says of each address, in the order given, whether it may be written to; what
	// is no address may not.
	Check(ctx context.Context, addresses []string) ([]Checked, error)
	// Bounces returns the bounces after one, repeats left out, at most limit, and the
	// number of the last. The error wraps ErrGone if the store ends before that one.
	Bounces(ctx context.Context, after int64, limit int) ([]bouncehound.Bounce, int64, error)
	// Events returns the events after one, of some types (none: every contact.* type),
	// at most limit, and the number up to which all were looked at. The error wraps
	// ErrGone if events after that are not kept any more, or the store ends before it.
	Events(ctx context.Context, after int64, types []bouncehound.EventType, limit int) ([]bouncehound.Event, int64, error)
	// Stand lets an address stand at do_not_email or ok. Changed is false if it did so
	// already. The error wraps ErrRefused if that takes force.
	Stand(ctx context.Context, address string, standing bouncehound.Standing, by, note string, force bool) (c bouncehound.Contact, changed bool, err error)
	// Answers returns an error if the store cannot be read.
	Answers(ctx context.Context) error
}

// A History is all that is known of one contact.
type History struct {
	Contact bouncehound.Contact  `json:"contact"`
	Entry   *bouncehound.Entry   `json:"entry,omitempty"` // as of Checked
	Changes []bouncehound.Change `json:"changes"`
	Told    []Told               `json:"told,omitempty"`
	Bounces []bouncehound.Bounce `json:"bounces"`
}

// A Told is one event about a contact's standing and what became of it at one webhook.
type Told struct {
	At       time.Time             `json:"at"`
	ID       string                `json:"id"`
	Type     bouncehound.EventType `json:"type"`
	Sequence int64                 `json:"sequence"`
	Webhook  string                `json:"webhook"`
	State    string                `json:"state"`           // "sent", "waiting" (it comes later), "refused" (a dead letter) or "never" (the webhook began after it)
	Error    string                `json:"error,omitempty"` // of its refusal, or of the last attempt
}

// A Checked says whether an address may be written to, and why not.
type Checked struct {
	Email   string               `json:"email"` // as asked for
	Mail    bool                 `json:"mail"`
	Contact *bouncehound.Contact `json:"contact,omitempty"` // absent: nothing is known of it
	Entry   *bouncehound.Entry   `json:"entry,omitempty"`   // that forbids its domain, or keeps it from being flagged
}

var (
	// ErrGone says that what was asked for is not kept any more: it was taken out, or a copy
	// from before it has taken the store's place.
	ErrGone = errors.New("what follows is not kept any more")
	// ErrRefused says that a change is only made by force.
	ErrRefused = errors.New("the reader complained about our mail")
)

// Options are what a handler needs.
type Options struct {
	Store   Store
	Metrics *Metrics
	Token   string          // asked for everywhere but at /healthz and /readyz; empty: none
	Late    func() []string // names the parts of the daemon that stand still; nil: none does
	Log     *slog.Logger    // nil: nothing is logged
}

// MinToken is the least length of a token that is worth the name, in octets.
const MinToken = 16

const (
	readTimeout  = 30 * time.Second
	writeTimeout = time.Minute
	idleTimeout  = 2 * time.Minute
	stopTimeout  = 5 * time.Second
)

// Serve answers on ln until ctx is done, and then lets those in hand end. It closes
// ln.
func Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       log.New(io.Discard, "", 0), // it may hold what a stranger sent
		BaseContext:    func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := s.Shutdown(stopping)
	if err != nil {
		err = s.Close() // those that are still at it are cut off
	}
	<-ended // one that has not begun yet closes ln all the same
	return err
}
