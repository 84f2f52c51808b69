package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"bouncehound"
)

// A Shape is the form in which an email service provider takes a list of addresses
// that are not to be mailed.
type Shape string

const (
	Native Shape = "native" // ours: what [DoNotEmail] writes
	// SES is the input of an import job of Amazon SES: "address,BOUNCE" without a header,
	// or one JSON object a line, at most [SESMost] of either.
	// https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
	// ("Adding email addresses in bulk")
	SES Shape = "ses"
	// Mailgun is the file for POST /v3/DOMAIN/bounces/import, which must have these four
	// columns and at most 25 MB, or as JSON the bodies for POST /v3/DOMAIN/bounces, of
	// 1,000 addresses each, of which all four fields are required.
	// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/bounces
	Mailgun Shape = "mailgun"
	// SendGrid is a file of one column for the upload of an unsubscribe group, which reads
	// the first column and passes a header (sendgrid/docs, ui/sending-email/
	// unsubscribe-groups: "Upload a CSV"); no upload of global unsubscribes is documented.
	// As JSON it is the bodies for POST /v3/asm/suppressions/global, for which no limit
	// is told.
	// https://www.twilio.com/docs/sendgrid/api-reference/suppressions-global-suppressions
	SendGrid Shape = "sendgrid"
	// Postmark is, as JSON, the bodies for POST /message-streams/STREAM/suppressions, of 50
	// addresses each (its limit). No file is documented: the one column has the name of
	// the field. https://postmarkapp.com/developer/api/suppressions-api
	Postmark Shape = "postmark"
)

// SESMost is how many addresses SES takes in one import job.
const SESMost = 100_000

// Shapes are all of them, in the order of the documentation.
var Shapes = []Shape{Native, SES, Mailgun, SendGrid, Postmark}

// Suppressions writes the contacts of rows that are do_not_email in the shape of a
// provider, and returns how many it wrote and how many it left out: those that are
// released must not get onto a list of addresses to suppress. Errors are as of
// [Bounces].
//
// Addresses are never defused: a provider would take the apostrophe for a part of
// them. As JSON each line is one whole body for the provider's interface (of SES: one
// object of its import file).
func Suppressions(w io.Writer, o Options, shape Shape, rows iter.Seq2[bouncehound.Contact, error]) (n, left int, err error) {
	s, ok := shapes[shape]
	if !ok {
		return 0, 0, fmt.Errorf("export do-not-email: unknown shape %q", shape)
	}
	suppressed := func(yield func(contact, error) bool) {
		for c, err := range rows {
			if err == nil && c.Standing != bouncehound.DoNotEmail {
				left++
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
	if o.Format == JSON {
		n, err = writeBodies(w, s, ahead(suppressed))
	} else {
		o.plain, o.headless = true, s.headless
		n, err = write(w, o, "do-not-email", suppressed, func(contact) []column[contact] { return s.columns })
	}
	if err != nil {
		return n, left, fmt.Errorf("export do-not-email for %s: %w", shape, err)
	}
	return n, left, nil
}

// A shape is how a provider wants it.
type shape struct {
	columns  []column[contact]
	headless bool
	many     int                     // addresses in one JSON body; 0: the object itself is the line
	object   func(c *contact) any    // one address
	body     func(objects []any) any // many of them
}

var shapes = map[Shape]shape{
	SES: {
		columns:  []column[contact]{plainEmail("email"), {"reason", func(l *line, c *contact) { l.text(sesReason(c)) }}},
		headless: true,
		object: func(c *contact) any {
			return struct {
				Email  string `json:"emailAddress"`
				Reason string `json:"reason"`
			}{c.Email, sesReason(c)}
		},
	},
	Mailgun: {
		columns: []column[contact]{
			plainEmail("address"),
			{"code", func(l *line, c *contact) { l.count(replyOf(c)) }},
			{"error", func(l *line, c *contact) { l.text(c.Diagnostic) }},
			{"created_at", func(l *line, c *contact) { l.text(mailTime(c.Since)) }},
		},
		many: 1000,
		object: func(c *contact) any {
			return struct {
				Email   string `json:"address"`
				Code    string `json:"code"`
				Error   string `json:"error"` // required, and may be empty
				Created string `json:"created_at,omitempty"`
			}{c.Email, fmt.Sprint(replyOf(c)), c.Diagnostic, mailTime(c.Since)}
		},
		body: func(objects []any) any { return objects },
	},
	SendGrid: {
		columns: []column[contact]{plainEmail("email")},
		many:    1000,
		object:  func(c *contact) any { return c.Email },
		body: func(objects []any) any {
			return struct {
				Emails []any `json:"recipient_emails"`
			}{objects}
		},
	},
	Postmark: {
		columns: []column[contact]{plainEmail("EmailAddress")},
		many:    50,
		object: func(c *contact) any {
			return struct{ EmailAddress string }{c.Email}
		},
		body: func(objects []any) any {
			return struct{ Suppressions []any }{objects}
		},
	},
}

// plainEmail is a column of addresses that are not defused.
func plainEmail(name string) column[contact] {
	return column[contact]{name, func(l *line, c *contact) {
		raw := l.raw
		l.raw = true
		l.text(c.Email)
		l.raw = raw
	}}
}

func sesReason(c *contact) string {
	if c.Cause == bouncehound.CauseComplaint || c.Class == bouncehound.Complaint {
		return "COMPLAINT"
	}
	return "BOUNCE"
}

// replyOf returns the reply code that the contact's diagnostic tells, 550 where it
// tells none that SMTP knows.
func replyOf(c *contact) int {
	if reply, _ := bouncehound.Codes(c.Diagnostic); reply >= 400 && reply < 600 {
		return reply
	}
	return 550
}

// mailTime returns a time as RFC 5322 section 3.3 has it.
func mailTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC1123Z)
}

func writeBodies(w io.Writer, s shape, rows iter.Seq2[contact, error]) (n int, err error) {
	out := bufio.NewWriterSize(w, bufferSize)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	var waiting []any
	send := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := lines.Encode(s.body(waiting))
		waiting = waiting[:0]
		return err
	}
	for row, err := range rows {
		if err != nil {
			return n, keepFirst(err, out.Flush())
		}
		if s.many == 0 {
			err = lines.Encode(s.object(&row))
		} else if waiting = append(waiting, s.object(&row)); len(waiting) == s.many {
			err = send()
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, keepFirst(send(), out.Flush())
}
