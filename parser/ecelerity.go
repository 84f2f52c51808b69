package parser

import (
	"strings"

	"bouncehound"
)

// readEcelerity reads the words of Momentum (Message Systems, SparkPost), which calls
// itself Ecelerity, where the machine part is missing.
// https://support.sparkpost.com/momentum/
//
//	This message was created automatically by the mail system (ecelerity).
//
//	A message that you sent could not be delivered to one or more of its
//	recipients. This is a permanent error. The following address(es) failed:
//
//	>>> lena@example.com (after RCPT TO): 550 5.1.1 no such user
func readEcelerity(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "this message was created automatically by the mail system (ecelerity)") || !m.looksLikeReport() {
		return nil
	}
	if r := readDSN(m); r != nil {
		return r
	}
	var recs []bouncehound.Recipient
	var lines joiner
	text := m.text()
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		rest, listed := strings.CutPrefix(line, ">>> ")
		if listed {
			a, end := findAddress(rest)
			if a == "" {
				continue
			}
			rest = rest[end:]
			if _, reply, ok := strings.Cut(rest, "): "); ok {
				rest = reply
			}
			recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a, Diagnostic: rest})
		} else if n := len(recs); n > 0 && !isBlank(line) && strings.HasPrefix(line, " ") && len(recs[n-1].Diagnostic) < maxDiagnostic {
			recs[n-1].Diagnostic = lines.join(recs[n-1].Diagnostic, " ", strings.TrimSpace(line))
		}
	}
	return reportOf(recs)
}
