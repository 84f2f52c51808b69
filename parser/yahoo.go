package parser

import (
	"strings"

	"bouncehound"
)

// readYahoo reads the reports of Yahoo, of AOL since it is the same house, and of other
// large sites whose programs descend from qmail but greet in their own words. They are in
// no machine form; the list of recipients is that of QSBMF, see readQmail.
//
//	Sorry, we were unable to deliver your message to the following address.
//
//	<lena@example.com>:
//	Remote host said:
//	550 5.1.1 no such user
//	[RCPT_TO]
//
//	--- Below this line is a copy of the message.
func readYahoo(m *message) *bouncehound.Report {
	if m.parts[0].mediaType != "text/plain" || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	head := text[:min(len(text), 300)]
	if !containsFold(head, "to deliver your message to the following address") && !containsFold(head, "unable to deliver message to the following address") &&
		!containsFold(head, "your mail message to the following address") || !strings.Contains(text, ">:") {
		return nil
	}
	r := reportOf(qsbmfRecipients(text))
	if r != nil && containsFold(head, "your mail message to") {
		r.Format = "qmail" // of whom it is, is not told
	}
	return r
}

// qsbmfRecipients reads the paragraphs of QSBMF, one a recipient:
// https://cr.yp.to/proto/qsbmf.txt
func qsbmfRecipients(text string) (recs []bouncehound.Recipient) {
	for _, e := range entries(text) {
		rec := e.recipient(bouncehound.Failed)
		rec.RemoteMTA = qmailHost(e.said)
		if _, said, ok := strings.Cut(e.said, "Remote host said: "); ok {
			rec.Diagnostic, _, _ = strings.Cut(said, " Giving up on ")
		}
		rec.Diagnostic = withoutStage(rec.Diagnostic)
		recs = append(recs, rec)
	}
	return recs
}

// withoutStage takes Yahoo's "[RCPT_TO]" off the end of a reply.
func withoutStage(d string) string {
	open := strings.LastIndexByte(d, '[')
	if open <= 0 || !strings.HasSuffix(d, "]") {
		return d
	}
	switch d[open+1 : len(d)-1] {
	case "RCPT_TO", "MAIL_FROM", "DATA", "BODY", "HELO", "EHLO", "CONNECT", "QUIT":
		return strings.TrimSpace(d[:open])
	}
	return d
}
