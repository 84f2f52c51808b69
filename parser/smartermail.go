package parser

import (
	"strings"

	"bouncehound"
)

// readSmarterMail reads the reports of SmarterMail.
// https://help.smartertools.com/smartermail/
//
//	Could not deliver message to the following recipient(s):
//
//	Failed Recipient: lena@example.com
//	Reason: Remote host said: 550 5.1.1 no such user
//
//	   -- The header and top 20 lines of the message follows --
func readSmarterMail(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "could not deliver message to the following recipient") || !m.looksLikeReport() {
		return nil
	}
	recs := blocks(m.text(), "Failed Recipient", "Reason", bouncehound.Failed)
	for i := range recs {
		recs[i].Diagnostic = strings.TrimPrefix(recs[i].Diagnostic, "Remote host said: ")
	}
	return reportOf(recs)
}
