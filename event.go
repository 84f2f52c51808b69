package bouncehound

import "time"

// An Event is something that became true. It is written in the transaction that
// made it so, and never changed.
type Event struct {
	Sequence int64     // grows with every event of the store
	ID       string    // "evt_" and 128 random bits in hexadecimal: the webhook-id, the same over retries and rewinds
	Type     EventType //
	At       time.Time // UTC
	Contact  string    // Key of the address it is about; empty if it is about none
	Data     []byte    // JSON: a Bounce, or a Change or an Alert with its sequence
}

// An EventType is the type of an event, as webhooks name it.
type EventType string

const (
	BounceRecorded    EventType = "bounce.recorded"      // every action but none
	ContactWatch      EventType = "contact.watch"        // ok → watch
	ContactDoNotEmail EventType = "contact.do_not_email" // → do_not_email
	ContactReleased   EventType = "contact.released"     // do_not_email → ok or watch
	ContactOK         EventType = "contact.ok"           // watch → ok
	MailboxFailing    EventType = "mailbox.failing"      // as the next two: an Alert
	WebhookFailing    EventType = "webhook.failing"      //
	BlockedSender     EventType = "sender.blocked"       //
	WebhookTest       EventType = "webhook.test"         // sent by hand, never stored
)

// A Change is the data of a contact.* event: one change of a contact's standing.
type Change struct {
	Email    string    `json:"email"`
	Standing Standing  `json:"standing"`
	Previous Standing  `json:"previous"`
	Since    time.Time `json:"since"`
	Cause    Cause     `json:"cause"`
	By       string    `json:"by,omitempty"`
	Note     string    `json:"note,omitempty"`
	Sequence int64     `json:"sequence"`         // of the event
	Bounce   *Bounce   `json:"bounce,omitempty"` // the bounce that decided
}

// EventType returns the type of the event that tells of the change.
func (c Change) EventType() EventType {
	switch {
	case c.Standing == DoNotEmail:
		return ContactDoNotEmail
	case c.Previous == DoNotEmail:
		return ContactReleased
	case c.Standing == Watch:
		return ContactWatch
	}
	return ContactOK
}

// A Start says where a consumer that is first seen begins to read the events.
type Start string

const (
	StartNow       Start = "now"       // at the end: only what is yet to come
	StartBeginning Start = "beginning" // at the first event still kept
	StartStandings Start = "standings" // the event behind each present standing of watch and do_not_email, then what is yet to come
)

// A Cursor is how far one consumer, a webhook endpoint or an incremental export,
// has read the events.
type Cursor struct {
	Consumer  string
	Sequence  int64     // the last event done with
	CatchUp   int64     // of a consumer that started with the standings: up to this sequence it is given only the last event of each contact
	Attempts  int       // failed attempts at the next event
	NextAt    time.Time // do not try before; zero: at once
	LastError string    // of the last attempt; empty after a success
	Skipped   int       // events passed because the endpoint's format has no counterpart for them
	Paused    bool      // the endpoint answered 410: nothing is sent until a person resumes it
}

// A DeadLetter is an event that an endpoint refused and that was set aside. It is
// never sent once a later event of the same contact exists: it is superseded.
type DeadLetter struct {
	Consumer   string
	Event      Event
	At         time.Time // when it was refused
	Error      string
	Superseded bool
}
