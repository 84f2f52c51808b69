package parser

import (
	"strings"

	"bouncehound"
)

// readOpenSMTPD reads the reports of OpenSMTPD: the three parts of RFC 3464, called a
// multipart/mixed, without a Diagnostic-Code. The reply stands among the words
// (smtpd/bounce.c of OpenBSD):
//
//	    An error has occurred while attempting to deliver a message for
//	    the following list of recipients:
//
//	lena@example.com: 550 5.1.1 no such user
func readOpenSMTPD(m *message) *bouncehound.Report {
	if m.parts[0].mediaType != "multipart/mixed" || !hasPrefixFold(m.subject(), "delivery status notification:") {
		return nil
	}
	r := readDSN(m)
	if r == nil {
		return nil
	}
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		// QUIRK: OpenSMTPD calls its last report of a letter "delayed" as it does the ones before,
		// since its code for an expired envelope is a temporary one.
		if rec.Action == bouncehound.Delayed && strings.HasPrefix(rec.Diagnostic, "Envelope expired") {
			rec.Action = bouncehound.Failed
		}
	}
	return r
}
