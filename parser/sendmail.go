package parser

import (
	"strings"

	"bouncehound"
)

// readSendmail reads the words of a sendmail report: the transcript that every release has
// written since before there was a machine part.
//
//	   ----- The following addresses had permanent fatal errors -----
//	<lena@example.com>
//	    (reason: 550 5.1.1 no such user)
//	    (expanded from: <info@example.org>)
//
//	   ----- Transcript of session follows -----
//	... while talking to mx.example.com.:
//	>>> RCPT To:<lena@example.com>
//	<<< 550 5.1.1 no such user
//	550 5.1.1 <lena@example.com>... User unknown
func readSendmail(m *message) *bouncehound.Report {
	text := m.text()
	if !strings.Contains(text, "-----") || !containsFold(text, "transcript of session follows") && !containsFold(text, "fatal errors -----") && !containsFold(text, "transient non-fatal errors") {
		return nil
	}
	if !m.looksLikeReport() {
		return nil
	}
	action := bouncehound.Failed
	if (containsFold(text, "transient non-fatal errors") || containsFold(text, "warning message only")) && !containsFold(text, "permanent fatal errors") {
		action = bouncehound.Delayed
	} else if containsFold(text, "successful delivery notifications") && !containsFold(text, "fatal errors") {
		action = bouncehound.Delivered
	}
	list, transcript := text, ""
	if i := indexFold(text, "transcript of session follows"); i >= 0 {
		list, transcript = text[:strings.LastIndexByte(text[:i], '\n')+1], text[i:]
	}
	session := readSession(transcript)
	r := &bouncehound.Report{}
	if host := hostAfter(text, "was received at "); strings.IndexByte(host, '.') > 0 { // else it is a date
		r.ReportingMTA = host
	}
	for _, e := range entries(list) {
		rec := e.recipient(action)
		rec.Diagnostic = ""
		if _, reason, ok := strings.Cut(e.said, "(reason: "); ok {
			rec.Diagnostic = strings.TrimSuffix(strings.TrimSpace(reason), ")")
		}
		session.fill(&rec, len(r.Recipients) == 0)
		r.Recipients = append(r.Recipients, rec)
	}
	if len(r.Recipients) == 0 {
		r.Recipients = session.recipients(action)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}
