package parser

import (
	"strings"

	"bouncehound"
)

// readExim reads the words of an Exim report; Exim before 4.84, and one with
// bounce_return_message off or a bounce_message_file, has no machine part:
// https://www.exim.org/exim-html-current/doc/html/spec_html/ch-customizing_messages.html
//
//	This message was created automatically by mail delivery software.
//
//	A message that you sent could not be delivered to one or more of its
//	recipients. This is a permanent error. The following address(es) failed:
//
//	  lena@example.com
//	    host mx.example.com [192.0.2.7]
//	    SMTP error from remote mail server after RCPT TO:<lena@example.com>:
//	    550 5.1.1 no such user
//
// The header X-Failed-Recipients lists all failed addresses. A member of an alias
// is named by the alias "generated from" which it was.
func readExim(m *message) *bouncehound.Report {
	h := m.header()
	text := m.text()
	head := text[:min(len(text), 600)]
	if !containsFold(head, "created automatically by mail delivery software") && !(h.has("X-Failed-Recipients") && containsFold(head, "could not be delivered")) {
		return nil
	}
	if !m.looksLikeReport() {
		return nil
	}
	action := bouncehound.Failed
	if !h.has("X-Failed-Recipients") && (containsFold(head, "has not yet been delivered") || containsFold(head, "has not been delivered") || containsFold(head, "warning")) {
		action = bouncehound.Delayed
	}
	r := &bouncehound.Report{}
	for _, phrase := range [...]string{"address(es) failed", "addresses failed", "address failed", "not yet been delivered is", "not yet been delivered are", "not been delivered is", "not been delivered are"} {
		if i := indexFold(text, phrase); i >= 0 {
			text = text[i:] // the sender is named above, on a line of his own too
			break
		}
	}
	for _, e := range entries(text) {
		r.Recipients = append(r.Recipients, eximRecipient(e, action))
	}
	if len(r.Recipients) == 0 {
		for _, a := range addresses(h.get("X-Failed-Recipients"), maxRecipients) {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: action, Address: a})
		}
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}

func eximRecipient(e entry, action bouncehound.Action) bouncehound.Recipient {
	rec := e.recipient(action)
	said := e.said
	if i := strings.Index(said, "host "); i >= 0 && i < 200 {
		host := said[i+5:]
		if end := strings.IndexAny(host, " [:"); end > 0 && strings.IndexByte(host[:end], '.') > 0 {
			rec.RemoteMTA = host[:end]
		}
	}
	return rec
}
