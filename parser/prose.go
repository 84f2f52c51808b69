package parser

import (
	"strings"

	"bouncehound"
)

// readProse is the last reader: for what no one specified. It wants an address at
// the head of a line or in a sentence about failing, in a message that is a report by
// other signs, and rather says nothing than something wrong.
func readProse(m *message) *bouncehound.Report {
	if !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	action := bouncehound.Failed
	if isDelay(m.header().words("Subject")) || isDelay(text[:min(len(text), 1000)]) {
		action = bouncehound.Delayed
	}
	r := &bouncehound.Report{}
	for _, e := range entries(text) {
		r.Recipients = append(r.Recipients, e.recipient(action))
	}
	if len(r.Recipients) == 0 {
		for _, a := range addresses(m.header().get("X-Failed-Recipients"), maxRecipients) {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: action, Address: a, Diagnostic: text[:min(len(text), 1000)]})
		}
	}
	if len(r.Recipients) == 0 {
		r.Recipients = readSession(text).recipients(action)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}

// isDelay says whether words tell of a delay.
func isDelay(s string) bool {
	for _, phrase := range [...]string{"not yet been delivered", "delayed", "will continue to try", "still trying", "will be retried", "warning message only", "delivery attempts will continue", "no action is required on your part", "will keep trying"} {
		if containsFold(s, phrase) {
			return !strings.Contains(s, "permanent") && !containsFold(s, "has failed")
		}
	}
	return false
}
