package parser

import (
	"strings"

	"bouncehound"
)

// tellsDelay says whether a report without a machine part tells, in its subject or its
// first words, that the server still tries. What the letter itself was about doesn't
// count: "Undeliverable: Your parcel is delayed" failed.
func (m *message) tellsDelay(text string) bool {
	subject := m.subject()
	if head, _, ok := strings.Cut(subject, ":"); ok && isBounceSubject(head) && !containsFold(head, "notification") {
		subject = head
	}
	text = text[:min(len(text), 1500)]
	if sent := m.returnedHeader().words("Subject"); len(sent) > 3 {
		subject, text = strings.ReplaceAll(subject, sent, ""), strings.ReplaceAll(text, sent, "")
	}
	return isDelay(subject) || isDelay(text)
}

// refusedForGood says whether a diagnostic is a permanent refusal, which no server tries
// to get past.
func refusedForGood(diagnostic string) bool {
	reply, status := bouncehound.Codes(oneLine(diagnostic, maxDiagnostic))
	return reply >= 500 && reply < 600 && !strings.HasPrefix(status, "4")
}
