package bouncehound

import "time"

// A Bounce is one recipient, its verdict and when: one row of the store, one CSV
// line and, flat, one JSON object.
type Bounce struct {
	ID      int64  `json:"-"` // row number in the store; 0 if it is not kept
	Message string `json:"-"` // Message.ID
	Mailbox string `json:"-"` // the mailbox it was found in; empty for imported files
	Repeat  bool   `json:"-"` // the same report, recipient, action and status were stored before: neither counts nor makes an event

	Source       string    `json:"source,omitempty"` // set by the parse command only
	Format       string    `json:"format,omitempty"`
	MessageID    string    `json:"message_id,omitempty"` // of the report
	ArrivedAt    time.Time `json:"arrived_at,omitzero"`  // UTC
	ReportingMTA string    `json:"reporting_mta,omitempty"`
	Recipient
	Original  Original  `json:"original,omitzero"`
	ContactID string    `json:"contact_id,omitempty"` // as the next: of the message that was sent, as an imported sent log tells
	SentAt    time.Time `json:"sent_at,omitzero"`
	Verdict
}

// Bounces joins a message, its report and the verdicts on the report's
// recipients, one for each and in their order. A report without recipients gives
// no bounces.
func Bounces(m Message, r Report, verdicts []Verdict, now time.Time) []Bounce {
	if len(r.Recipients) == 0 {
		return nil
	}
	id, at := m.ID(), r.ArrivedAt(m.InternalDate, now)
	bounces := make([]Bounce, len(r.Recipients))
	for i, rec := range r.Recipients {
		bounces[i] = Bounce{
			Message: id, Mailbox: m.Place.Mailbox,
			Format: r.Format, MessageID: r.MessageID, ArrivedAt: at, ReportingMTA: r.ReportingMTA,
			Recipient: rec, Original: r.Original, Verdict: verdicts[i],
		}
	}
	return bounces
}

// NotABounce is what a message that is not about delivery comes to, where each
// message must be accounted for: one line with action none.
func NotABounce(m Message, r Report, now time.Time) Bounce {
	return Bounce{
		Message: m.ID(), Mailbox: m.Place.Mailbox,
		Format: r.Format, MessageID: r.MessageID, ArrivedAt: r.ArrivedAt(m.InternalDate, now),
		Recipient: Recipient{Action: NoAction},
		Verdict:   Verdict{Class: None, Reason: ReasonNotABounce},
	}
}

// A Kind says what is kept of a message.
type Kind string

const (
	KindReport Kind = "report" // understood: its bounces and its bytes
	KindUnread Kind = "unread" // looks like a report and was not understood: its bytes, and it is listed
	KindOther  Kind = "other"  // no report: id, UID and size only; automatic replies also their bounces
)

// A Judged is a message with what it says and what was made of it: what the
// store records.
type Judged struct {
	Message Message
	ID      string // Message.ID
	Report  Report
	Bounces []Bounce
	// Prepared is what a store made ready for recording it, apart from the one thread
	// that records; nil: nothing yet. It holds for the rest as it was then.
	Prepared any
}

// Kind says what is kept of the message.
func (j Judged) Kind() Kind {
	switch {
	case j.Report.Understood():
		return KindReport
	case j.Report.Unread:
		return KindUnread
	}
	return KindOther
}
