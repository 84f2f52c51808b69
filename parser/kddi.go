package parser

import (
	"strings"

	"bouncehound"
)

// readKDDI reads the reports of au by KDDI (ezweb.ne.jp, au.com, auone.jp), which speak
// English and whose senders are not always a daemon.
//
//	Your mail sent on: Thu, 21 May 2026 20:00:00 +0900
//
//	    Could not be delivered to: <lena@example.com>
//	    As their mailbox is full.
//
//	Each of the following recipients was rejected by a remote mail server.
//
//	    Recipient: <lena@example.com>
//	    Reason:    <lena@example.com>: User Unknown
func readKDDI(m *message) *bouncehound.Report {
	if h := m.header(); h.get("Return-Path") != "<>" && !isDaemon(h.get("From")) || m.parts[0].mediaType == "multipart/alternative" {
		return nil
	}
	head := m.opening()
	if !hasPrefixFold(head, "your mail sent on:") && !hasPrefixFold(head, "your mail attempted to be delivered on:") && !hasPrefixFold(head, "each of the following recipients was rejected") {
		return nil
	}
	text := m.text()
	var recs []bouncehound.Recipient
	var lines joiner
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		label, value, ok := strings.Cut(line, ":")
		switch {
		case ok && (hasPrefixFold(label, "could not be delivered to") || strings.EqualFold(label, "recipient")):
			for _, a := range addresses(value, maxRecipients) {
				recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a})
			}
		case line == "" || len(recs) == 0 || strings.HasPrefix(line, ">>> "):
		case strings.HasPrefix(line, "<<< "):
			recs[len(recs)-1].Diagnostic = line[len("<<< "):]
		default:
			if ok && strings.EqualFold(label, "reason") {
				line = strings.TrimSpace(value)
			}
			if rec := &recs[len(recs)-1]; len(rec.Diagnostic) < maxDiagnostic {
				rec.Diagnostic = lines.join(rec.Diagnostic, spaceAfter(rec.Diagnostic), line)
			}
		}
	}
	return reportOf(recs)
}
