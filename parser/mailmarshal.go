package parser

import (
	"strings"

	"bouncehound"
)

// readMailMarshal reads the reports of Trustwave's MailMarshal SMTP: one reason, then
// all who were affected by it.
//
//	Could not be delivered because of
//
//	550 5.1.1 no such user
//
//	The following recipients were affected:
//	    lena@example.com
//
//	Additional Information
//	======================
//	Reporting-MTA:      <relay.example.org>
func readMailMarshal(m *message) *bouncehound.Report {
	if m.parts[0].mediaType != "multipart/mixed" || !hasPrefixFold(m.subject(), "undeliverable mail: ") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	_, why, ok := strings.Cut(text, "ould not be delivered because of")
	if !ok {
		return nil
	}
	why, affected, ok := strings.Cut(why, "recipients were affected:")
	if !ok {
		return nil
	}
	if i := strings.LastIndexByte(strings.TrimRight(why, " \n"), '\n'); i >= 0 {
		why = why[:i] // "The following" of the next heading
	}
	affected, more, _ := strings.Cut(affected, "Additional Information")
	sent := m.sentAddresses()
	r := &bouncehound.Report{ReportingMTA: hostAfter(more, "Reporting-MTA:")}
	for _, a := range addresses(strings.Join(strings.Fields(affected), ", "), maxRecipients) {
		if !m.mayFail(a, sent) {
			continue // the heading below is missing: these are fields
		}
		r.Recipients = append(r.Recipients, bouncehound.Recipient{
			Action: bouncehound.Failed, Address: a, Diagnostic: strings.Trim(why, " ,\n"), RemoteMTA: hostAfter(more, "Remote-MTA:"),
		})
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}
