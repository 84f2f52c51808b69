package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"bouncehound"
)

// A dialect is the format of another service's webhooks: what its receivers
// understand already. Each says what the service itself would have said, and has no
// words for the rest; what describes things we never see is left out, not made up.
type dialect struct {
	name  string
	types []bouncehound.EventType // that have a counterpart, or may have
	open  func(secrets []string) (format, error)
}

// A saying is the format of a dialect.
type saying struct {
	// say returns the JSON value for a notice, nil if there is no counterpart.
	say   func(n notice, now time.Time) (any, error)
	prove func(h http.Header, now time.Time, body []byte) error // nil: nothing is signed
}

func (s saying) body(e bouncehound.Event, now time.Time) ([]byte, error) {
	n, err := readNotice(e)
	if err != nil {
		return nil, err
	}
	if n.email == "" {
		return nil, errNoCounterpart // no receiver could do anything with it
	}
	v, err := s.say(n, now)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errNoCounterpart
	}
	return encode(v)
}

func (s saying) sign(h http.Header, _ string, now time.Time, body []byte) error {
	if s.prove == nil {
		return nil
	}
	return s.prove(h, now, body)
}

// unsigned is what opens a dialect that has no signatures.
func unsigned(say func(n notice, now time.Time) (any, error)) func([]string) (format, error) {
	return func(secrets []string) (format, error) {
		if len(secrets) > 0 {
			return nil, fmt.Errorf("secrets: the format has no signatures; it knows the sender by username and password")
		}
		return saying{say: say}, nil
	}
}

// A notice is an event as dialects look at it.
type notice struct {
	event  bouncehound.Event
	email  string
	bounce *bouncehound.Bounce // that was recorded or decided; nil if a person or a list did
	change *bouncehound.Change // nil of bounce.recorded
	at     time.Time           // when it happened
}

func readNotice(e bouncehound.Event) (notice, error) {
	n := notice{event: e, at: e.At}
	var err error
	if e.Type == bouncehound.BounceRecorded {
		n.bounce = &bouncehound.Bounce{}
		err = json.Unmarshal(e.Data, n.bounce)
		n.email = n.bounce.Address
	} else {
		n.change = &bouncehound.Change{}
		err = json.Unmarshal(e.Data, n.change)
		n.email, n.bounce = n.change.Email, n.change.Bounce
	}
	if err != nil {
		return n, fmt.Errorf("the stored data of the event cannot be read: %w", err)
	}
	if n.bounce != nil && !n.bounce.ArrivedAt.IsZero() {
		n.at = n.bounce.ArrivedAt
	}
	return n, nil
}

// A tiding is what a dialect has to say, whatever it calls it.
type tiding int

const (
	nothing   tiding = iota
	unusable         // this address does not work, or must not be written to
	complains        // the reader marked the mail as spam
	barred           // must not be written to because a person or a list says so
	unbarred         // may be written to again
	failure          // the mail was lost; the address is not to blame, or not yet
	dropped          // a service did not even try, for what came before
	pending          // the mail is late
	arrived          // the mail was delivered
	replied          // somebody is out of office
	challenge        // somebody wants the sender to prove himself
)

// tiding says what kind of news the notice is. A contact that must not be emailed is
// an address that does not work, however soft the bounces were that decided it: this
// is the only word that other services' receivers have for it. A bounce alone is that
// only if its class is hard, and if it came for the recipient and not for somebody the
// mail was sent on to.
func (n notice) tiding() tiding {
	if n.change != nil {
		switch {
		case n.event.Type == bouncehound.ContactReleased:
			return unbarred
		case n.event.Type != bouncehound.ContactDoNotEmail:
			return nothing
		case n.change.Cause == bouncehound.CauseComplaint || n.bounce != nil && n.bounce.Class == bouncehound.Complaint:
			return complains
		case n.bounce == nil:
			return barred
		}
		return unusable
	}
	switch n.bounce.Action {
	case bouncehound.Complained:
		return complains
	case bouncehound.Delayed:
		return pending
	case bouncehound.Delivered:
		return arrived
	case bouncehound.Replied:
		return replied
	case bouncehound.Challenged:
		return challenge
	case bouncehound.Failed:
	default:
		return nothing // relayed and expanded prove nothing
	}
	switch {
	case n.bounce.Class == bouncehound.Hard && !n.bounce.Elsewhere():
		return unusable
	case n.bounce.Reason == bouncehound.Suppressed:
		return dropped
	}
	return failure
}

// messageID returns the original's Message-ID without its brackets.
func (n notice) messageID() string {
	if n.bounce == nil {
		return ""
	}
	return strings.Trim(n.bounce.Original.MessageID, "<>")
}

// diagnostic returns what the refusing server said.
func (n notice) diagnostic() string {
	if n.bounce == nil {
		return ""
	}
	return n.bounce.Diagnostic
}

// headers returns the captured header fields.
func (n notice) headers() map[string]string {
	if n.bounce == nil {
		return nil
	}
	return n.bounce.Original.Headers
}

// sender returns the address that the original was sent from.
func (n notice) sender() string {
	if n.bounce == nil {
		return ""
	}
	from, err := mail.ParseAddress(n.bounce.Original.From)
	if err != nil {
		return ""
	}
	return from.Address
}
