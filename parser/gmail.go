package parser

import (
	"strings"

	"bouncehound"
)

// readGmail reads the words of Gmail and of Google Groups where they came without a
// machine part: all reports until 2016, those of groups and those for other servers' mail
// still. Who failed is in the header, in any language; why comes after a fixed phrase.
// https://support.google.com/mail/answer/6596
//
//	X-Failed-Recipients: lena@example.com
//
//	Delivery to the following recipient failed permanently:
//
//	     lena@example.com
//
//	Technical details of permanent failure:
//	Google tried to deliver your message, but it was rejected by the server for the
//	recipient domain example.com by mx.example.com. [192.0.2.7].
//
//	The error that the other server returned was:
//	550 5.1.1 no such user
func readGmail(m *message) *bouncehound.Report {
	h := m.header()
	if !containsFold(h.get("From"), "mailer-daemon@google") || m.parts[0].mediaType == "multipart/report" || m.part("message/delivery-status") != nil {
		return nil
	}
	failed := addresses(h.get("X-Failed-Recipients"), maxRecipients)
	if len(failed) == 0 {
		return nil
	}
	text := m.text()
	action := bouncehound.Failed
	if isDelay(h.get("Subject")) || containsFold(text, "will be retried") || containsFold(text, "this is a warning message only") {
		action = bouncehound.Delayed
	}
	why, server := "", ""
	if _, details, ok := strings.Cut(text, "Technical details of "); ok {
		_, details, _ = strings.Cut(details, "\n")
		if _, domain, told := strings.Cut(details, "for the recipient domain "); told {
			server = hostAfter(domain, " by ")
		}
		_, answer, told := strings.Cut(oneLine(details, maxDiagnostic), "error that the other server returned was: ")
		if !told {
			answer, _, _ = strings.Cut(details, "\n\n")
		}
		why = withoutState(answer)
	}
	r := &bouncehound.Report{}
	for _, a := range failed {
		rec := bouncehound.Recipient{Action: action, Address: a, Diagnostic: why, RemoteMTA: server}
		m.findReason(&rec)
		r.Recipients = append(r.Recipients, rec)
	}
	return r
}

// withoutState takes off what Gmail put around an answer: the code a second time, and where
// in its own program it was: "550 550 5.1.1 no such user (state 14)."
func withoutState(answer string) string {
	if i := strings.LastIndex(answer, " (state "); i > 0 && len(answer)-i < 16 {
		answer = answer[:i]
	}
	if len(answer) > 8 && answer[:4] == answer[4:8] && isDigits(answer[:3]) {
		answer = answer[4:]
	}
	return answer
}

// findGmailSentence gives the only recipient of a report of Gmail's whose machine part
// says nothing the sentence about it among the words:
//
//	** Address not found **
//
//	Your message wasn't delivered to lena@example.com because the address couldn't be found.
//
// QUIRK: Gmail writes Status 5.0.0 and no Diagnostic-Code for addresses of its own.
func (m *message) findGmailSentence(rec *bouncehound.Recipient) {
	address := rec.Final
	if address == "" {
		address = rec.Address
	}
	if address == "" || !saysNothing(rec.Diagnostic) || !containsFold(m.header().get("From"), "mailer-daemon@google") {
		return
	}
	for paragraph := range strings.SplitSeq(m.text(), "\n\n") {
		if len(paragraph) <= maxDiagnostic && containsAddress(paragraph, address) && len(strings.Fields(paragraph)) > 4 {
			rec.Diagnostic = strings.TrimSpace(paragraph)
			return
		}
	}
}
