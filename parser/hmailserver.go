package parser

import (
	"strings"

	"bouncehound"
)

// readHMailServer reads the reports of hMailServer.
// https://www.hmailserver.com/documentation/latest/?page=ref_servermessages
//
//	Your message did not reach some or all of the intended recipients.
//
//	The following recipient(s) could not be reached:
//
//	lena@example.com
//	   Error Type: SMTP
//	   Remote server (192.0.2.7) issued an error.
//	   hMailServer sent: RCPT TO:<lena@example.com>
//	   Remote server replied: 550 5.1.1 no such user
//
//	hMailServer
func readHMailServer(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.subject(), "message undeliverable: ") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	_, list, ok := strings.Cut(text, "could not be reached:")
	if !ok || !strings.Contains(text, "hMailServer") {
		return nil
	}
	var recs []bouncehound.Recipient
	for _, e := range entries(list) {
		rec := e.recipient(bouncehound.Failed)
		if _, reply, replied := strings.Cut(e.said, "Remote server replied: "); replied {
			rec.Diagnostic = reply
			rec.RemoteMTA = hostAfter(e.said, "Remote server (")
		} else if _, words, typed := strings.Cut(e.said, "Error Type: SMTP "); typed {
			rec.Diagnostic = words
		}
		recs = append(recs, rec)
	}
	return reportOf(recs)
}
