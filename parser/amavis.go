package parser

import (
	"strings"

	"bouncehound"
)

// readAmavis reads the words of amavis where its machine part is missing: viruses,
// forbidden attachments, spam, bad headers.
// https://gitlab.com/amavis/amavis (the templates notify-*-sender.txt)
//
//	From: "Content-filter at mx.example.org" <postmaster@mx.example.org>
//	Subject: VIRUS (Example-Signature) in mail FROM YOU
//
//	Our content checker found
//	    virus: Example-Signature
//
//	in email presumably from you <news@example.net>
//	to the following recipients:
//	-> lena@example.com
//
//	Delivery of the email was stopped!
func readAmavis(m *message) *bouncehound.Report {
	h := m.header()
	if !containsFold(h.get("From"), "content-filter at") || m.part("message/delivery-status") != nil {
		return nil
	}
	text := m.text()
	if !containsFold(text, "from you") || !containsFold(text, "delivery of the email was stopped") && !containsFold(text, "was not delivered") {
		return nil // a copy for the postmaster or a recipient, or it got through
	}
	why := h.words("Subject")
	if i := indexFold(text, "our content checker found"); i >= 0 {
		found, _, _ := strings.Cut(text[i:], "\n\n")
		why = found
	}
	var recs []bouncehound.Recipient
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "->"); ok {
			for _, a := range addresses(rest, maxRecipients) {
				recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a, Diagnostic: why})
			}
		}
	}
	return reportOf(recs)
}
