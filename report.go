package bouncehound

import "time"

// A Report is what a message says: facts only, no judgement.
type Report struct {
	Format       string      `json:"format,omitempty"`        // the format that read it: "dsn", "exchange", …; empty if none did
	MessageID    string      `json:"message_id,omitempty"`    // of the report itself, with angle brackets
	Received     time.Time   `json:"received,omitzero"`       // of the top Received field
	Date         time.Time   `json:"date,omitzero"`           // of the Date field
	ReportingMTA string      `json:"reporting_mta,omitempty"` // RFC 3464 section 2.2.2, without "dns;"
	Original     Original    `json:"original,omitzero"`       // the message that was sent, as far as it is quoted
	Recipients   []Recipient `json:"recipients,omitempty"`    // in the order of the message; none if it is not about delivery
	// Unread says that the message looks like a report (null sender, MAILER-DAEMON,
	// multipart/report) but that nothing could be read from it. It is kept and listed.
	Unread bool     `json:"unread,omitempty"`
	Notes  []string `json:"notes,omitempty"` // what was odd, for people
}

// Original is the message that was sent, as far as the report quotes it.
type Original struct {
	MessageID  string            `json:"message_id,omitempty"`  // with angle brackets
	InReplyTo  string            `json:"in_reply_to,omitempty"` // as written
	References string            `json:"references,omitempty"`  // as written, unfolded
	Subject    string            `json:"subject,omitempty"`     // decoded
	From       string            `json:"from,omitempty"`        // decoded, as written
	To         string            `json:"to,omitempty"`          // decoded, as written
	Date       string            `json:"date,omitempty"`        // RFC 3339 in UTC where it can be read, else as written
	ListID     string            `json:"list_id,omitempty"`     // RFC 2919
	Headers    map[string]string `json:"headers,omitempty"`     // the header fields asked for (mailbox.capture.headers), named as asked for
}

// IsZero reports whether nothing of the original is known.
func (o Original) IsZero() bool {
	return o.MessageID == "" && o.InReplyTo == "" && o.References == "" && o.Subject == "" &&
		o.From == "" && o.To == "" && o.Date == "" && o.ListID == "" && len(o.Headers) == 0
}

// A Recipient is what a report says of one address. Addresses have their domain
// in lower case and their local part as written, without type, brackets or
// display name; SRS, BATV and VERP wrapping is undone.
type Recipient struct {
	Action     Action `json:"action"`
	Address    string `json:"recipient"`                 // the address the sender used, where the message tells it; empty if none can be read
	Final      string `json:"final_recipient,omitempty"` // the address it was forwarded to, where that is another
	Status     string `json:"status,omitempty"`          // the most specific enhanced status code told, RFC 3463: "5.1.1"
	Reply      int    `json:"reply,omitempty"`           // three-digit reply code, RFC 5321 section 4.2, pseudo-codes of ESPs included
	Diagnostic string `json:"diagnostic,omitempty"`      // what the refusing server said, on one line of valid UTF-8
	RemoteMTA  string `json:"remote_mta,omitempty"`      // the server that said it
}

// Elsewhere reports whether the refusal came for somebody else's mailbox: that of a
// member of the list or alias the message was sent to, which may work for all the
// others. A mailbox of the same name at another host is the recipient's own.
func (r Recipient) Elsewhere() bool {
	if r.Address == "" || r.Final == "" {
		return false
	}
	sent, _, _ := cutLast(Key(r.Address), "@")
	ended, _, _ := cutLast(Key(r.Final), "@")
	return sent != ended
}

// An Action is what became of the message for one recipient.
type Action string

const (
	Failed     Action = "failed"     // RFC 3464 section 2.3.3, as the next four
	Delayed    Action = "delayed"    // not yet delivered; the reporting MTA still tries
	Delivered  Action = "delivered"  // the only action that counts for a contact
	Relayed    Action = "relayed"    // handed to a server that sends no reports; proves nothing
	Expanded   Action = "expanded"   // handed to the members of a list; proves nothing
	Complained Action = "complained" // abuse, fraud or opt-out feedback, RFC 5965
	Replied    Action = "replied"    // automatic reply, RFC 3834; the recipient is who replied
	Challenged Action = "challenged" // a challenge-response system wants the sender to prove himself
	NoAction   Action = "none"       // not about delivery
)

// Understood reports whether the message said what became of a message for at
// least one recipient. Only understood messages are flagged, moved or deleted.
func (r Report) Understood() bool {
	for _, rec := range r.Recipients {
		switch rec.Action {
		case Failed, Delayed, Delivered, Relayed, Expanded, Complained:
			return true
		}
	}
	return false
}

// ArrivedAt returns when the report arrived: the earlier of the server's
// INTERNALDATE and the top Received field, without both the Date field, and never
// later than now.
func (r Report) ArrivedAt(internal, now time.Time) time.Time {
	at := internal
	if at.IsZero() || !r.Received.IsZero() && r.Received.Before(at) {
		at = r.Received
	}
	if at.IsZero() {
		at = r.Date
	}
	if at.IsZero() || at.After(now) {
		at = now
	}
	return at.UTC()
}
