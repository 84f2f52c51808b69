package parser

import (
	"strings"

	"bouncehound"
)

// blocks reads lists in which a label stands before each recipient and another before
// what is said of it, which may go on over lines until an empty one:
//
//	Failed Recipient: lena@example.com
//	Reason: Remote host said: 550 5.1.1 no such user
//
// Labels are compared in any case and are followed by their colon.
func blocks(text, recipient, reason string, action bouncehound.Action) (recs []bouncehound.Recipient) {
	telling := false
	var lines joiner
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		label, value, ok := strings.Cut(line, ":")
		switch {
		case ok && strings.EqualFold(label, recipient):
			telling = false
			if _, a, typed := strings.Cut(value, "[SMTP:"); typed {
				value = a
			}
			if a, _ := findAddress(value); a != "" {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
			}
		case ok && len(recs) > 0 && strings.EqualFold(label, reason):
			telling = true
			recs[len(recs)-1].Diagnostic = strings.TrimSpace(value)
		case line == "":
			telling = false
		case telling && len(recs[len(recs)-1].Diagnostic) < maxDiagnostic:
			recs[len(recs)-1].Diagnostic = lines.join(recs[len(recs)-1].Diagnostic, " ", line)
		}
	}
	return recs
}
