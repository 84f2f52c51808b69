package export

import (
	"encoding/json"
	"strings"

	"bouncehound"
)

type (
	bounce  = bouncehound.Bounce
	contact = bouncehound.Contact
)

// bounceColumns are the columns of a list of bounces that begins with first.
func bounceColumns(first bounce) []column[bounce] {
	if first.Source != "" {
		return withSource
	}
	return withSource[1:]
}

var withSource = []column[bounce]{
	{"source", func(l *line, b *bounce) { l.text(b.Source) }},
	{"format", func(l *line, b *bounce) { l.text(b.Format) }},
	{"message_id", func(l *line, b *bounce) { l.text(b.MessageID) }},
	{"arrived_at", func(l *line, b *bounce) { l.time(b.ArrivedAt) }},
	{"action", func(l *line, b *bounce) { l.text(string(b.Action)) }},
	{"email", func(l *line, b *bounce) { l.text(b.Address) }},
	{"final_recipient", func(l *line, b *bounce) { l.text(b.Final) }},
	{"status", func(l *line, b *bounce) { l.text(b.Status) }},
	{"reply", func(l *line, b *bounce) { l.code(b.Reply) }},
	{"diagnostic", func(l *line, b *bounce) { l.text(b.Diagnostic) }},
	{"reporting_mta", func(l *line, b *bounce) { l.text(b.ReportingMTA) }},
	{"remote_mta", func(l *line, b *bounce) { l.text(b.RemoteMTA) }},
	{"original_message_id", func(l *line, b *bounce) { l.text(b.Original.MessageID) }},
	{"original_in_reply_to", func(l *line, b *bounce) { l.text(b.Original.InReplyTo) }},
	{"original_references", func(l *line, b *bounce) { l.text(b.Original.References) }},
	{"original_subject", func(l *line, b *bounce) { l.text(b.Original.Subject) }},
	{"original_from", func(l *line, b *bounce) { l.text(b.Original.From) }},
	{"original_to", func(l *line, b *bounce) { l.text(b.Original.To) }},
	{"original_date", func(l *line, b *bounce) { l.text(b.Original.Date) }},
	{"original_list_id", func(l *line, b *bounce) { l.text(b.Original.ListID) }},
	{"original_headers", func(l *line, b *bounce) { l.text(object(b.Original.Headers)) }},
	{"class", func(l *line, b *bounce) { l.text(string(b.Class)) }},
	{"reason", func(l *line, b *bounce) { l.text(string(b.Reason)) }},
	{"fault", func(l *line, b *bounce) { l.text(string(b.Fault)) }},
	{"ses_type", func(l *line, b *bounce) { l.text(b.SESType) }},
	{"ses_subtype", func(l *line, b *bounce) { l.text(b.SESSubtype) }},
	{"rule", func(l *line, b *bounce) { l.text(b.Rule) }},
	{"matched", func(l *line, b *bounce) { l.text(b.Matched) }},
	{"confidence", func(l *line, b *bounce) { l.text(string(b.Confidence)) }},
	{"explanation", func(l *line, b *bounce) { l.text(b.Explanation) }},
	{"advice", func(l *line, b *bounce) { l.text(b.Advice) }},
	{"retry", func(l *line, b *bounce) { l.text(string(b.Retry)) }},
	{"contact_id", func(l *line, b *bounce) { l.text(b.ContactID) }},
	{"sent_at", func(l *line, b *bounce) { l.time(b.SentAt) }},
}

var contactColumns = []column[contact]{
	email, reason, class, status, diagnostic, bounces, firstBouncedAt, lastBouncedAt, since, cause,
	{"by", func(l *line, c *contact) { l.text(c.By) }},
	note, standing,
}

var doNotEmailColumns = []column[contact]{
	email, reason, class, status, diagnostic, bounces, firstBouncedAt, lastBouncedAt, since, cause, note, standing,
}

var (
	email          = column[contact]{"email", func(l *line, c *contact) { l.text(c.Email) }}
	reason         = column[contact]{"reason", func(l *line, c *contact) { l.text(string(c.Reason)) }}
	class          = column[contact]{"class", func(l *line, c *contact) { l.text(string(c.Class)) }}
	status         = column[contact]{"status", func(l *line, c *contact) { l.text(c.Status) }}
	diagnostic     = column[contact]{"diagnostic", func(l *line, c *contact) { l.text(c.Diagnostic) }}
	bounces        = column[contact]{"bounces", func(l *line, c *contact) { l.count(c.Bounces) }}
	firstBouncedAt = column[contact]{"first_bounced_at", func(l *line, c *contact) { l.time(c.FirstBouncedAt) }}
	lastBouncedAt  = column[contact]{"last_bounced_at", func(l *line, c *contact) { l.time(c.LastBouncedAt) }}
	since          = column[contact]{"since", func(l *line, c *contact) { l.time(c.Since) }}
	cause          = column[contact]{"cause", func(l *line, c *contact) { l.text(string(c.Cause)) }}
	note           = column[contact]{"note", func(l *line, c *contact) { l.text(c.Note) }}
	standing       = column[contact]{"standing", func(l *line, c *contact) { l.text(string(c.Standing)) }}
)

// object returns header fields as a JSON object with its keys in order; no fields
// are an empty cell.
func object(fields map[string]string) string {
	if len(fields) == 0 {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(fields); err != nil {
		return "" // a map of strings always has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}
