package parser

import (
	"strings"

	"bouncehound"
)

// readARF reads the Abuse Reporting Format, RFC 5965: what a mailbox provider sends
// when a reader presses "this is spam".
//
//	Content-Type: multipart/report; report-type=feedback-report
//
//	Feedback-Type: abuse
//	User-Agent: ExampleFBL/1.0
//	Version: 1
//	Original-Rcpt-To: <lena@example.com>
//
// Only abuse, fraud, opt-out, virus and other are complaints. An auth-failure
// (RFC 6591) is about the sender's own signatures, and not-spam is praise.
func readARF(m *message) *bouncehound.Report {
	p := m.part("message/feedback-report")
	if top := &m.parts[0]; top.mediaType == "multipart/report" && hasPrefixFold(param(top.params, "report-type"), "feedback-report") {
		for i := 1; i < len(m.parts) && p == nil; i++ {
			// QUIRK: small receivers label the machine part as text.
			if q := &m.parts[i]; q.mediaType == "text/plain" && hasPrefixFold(strings.TrimLeft(m.decode(q), " \n"), "feedback-type:") {
				p = q
			}
		}
	} else if h := m.header(); p != nil && (h.has("In-Reply-To") || h.has("User-Agent") || isMailProgram(h.get("X-Mailer"))) {
		return nil // somebody shows us the complaint that he got
	}
	if p == nil {
		return nil
	}
	fields := m.headerOf(m.decode(p))
	kind := strings.ToLower(strings.TrimSpace(fields.get("Feedback-Type")))
	r := &bouncehound.Report{ReportingMTA: typed(fields.get("Reporting-MTA"))}
	switch kind {
	case "abuse", "fraud", "opt-out", "opt-out-list", "virus", "other":
	default:
		return r
	}
	for _, f := range fields {
		if strings.EqualFold(f.name, "Original-Rcpt-To") || strings.EqualFold(f.name, "Removal-Recipient") {
			for _, a := range addresses(f.value, maxRecipients) {
				r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Complained, Address: a})
			}
		}
	}
	if len(r.Recipients) == 0 {
		if to := addresses(m.returnedHeader().get("To"), 2); len(to) == 1 && !m.isSender(to[0]) {
			r.Recipients = []bouncehound.Recipient{{Action: bouncehound.Complained, Address: to[0]}}
		}
	}
	r.Unread = len(r.Recipients) == 0
	return r
}
