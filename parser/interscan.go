package parser

import (
	"strings"

	"bouncehound"
)

// readInterScan reads the reports of Trend Micro's InterScan Messaging Security Suite,
// in English and in Japanese: who was refused stands in a transcript.
// https://docs.trendmicro.com/en-us/enterprise/interscan-messaging-security.aspx
//
//	From: InterScan MSS <imss@example.org>
//	Subject: Mail could not be delivered
//
//	Unable to deliver message to <lena@example.com>
//
//	Sent >>> RCPT TO:<lena@example.com>
//	Received <<< 550 5.1.1 no such user
func readInterScan(m *message) *bouncehound.Report {
	if !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	if !strings.Contains(text, "Received <<< ") && !strings.Contains(text, "Received >>> ") {
		return nil
	}
	return reportOf(dialogue(text).refused(bouncehound.Failed))
}
