package parser

import (
	"strings"

	"bouncehound"
)

// readMessageLabs reads the words of MessageLabs' towers (later Symantec Email
// Security.cloud) where the machine part, which is standard, got lost. One reason stands
// for all.
//
//	This is the mail delivery agent at messagelabs.com.
//
//	I was unable to deliver your message to the following addresses:
//
//	lena@example.com
//
//	Reason: 550 5.1.1 no such user
//
//	The message subject was: Our prices
func readMessageLabs(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "this is the mail delivery agent at ") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	_, list, ok := strings.Cut(text, "following address")
	list, said, told := strings.Cut(list, "\nReason: ")
	if !ok || !told {
		return nil
	}
	said, _, _ = strings.Cut(said, "\n\n")
	var recs []bouncehound.Recipient
	for _, e := range entries(list) {
		rec := e.recipient(bouncehound.Failed)
		rec.Diagnostic = said
		recs = append(recs, rec)
	}
	return reportOf(recs)
}
