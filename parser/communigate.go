package parser

import (
	"strings"

	"bouncehound"
)

// readCommuniGate reads the reports of CommuniGate Pro. Its machine part names the
// recipient and mostly nothing else; which module failed and why is in the words.
// https://support.communigate.com/docs/CommuniGatePro/en/Transfer.html
//
//	Failed to deliver to 'lena@example.com'
//	SMTP module(domain example.com) reports:
//	 host mx.example.com says:
//	 550 5.1.1 no such user
func readCommuniGate(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "failed to deliver to '") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	var said []bouncehound.Recipient
	var lines joiner
	for pos := 0; pos < len(text) && len(said) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		n := len(said)
		switch {
		case hasPrefixFold(line, "failed to deliver to '"):
			said = append(said, bouncehound.Recipient{Action: bouncehound.Failed, Address: cleanAddress(strings.Trim(line[len("failed to deliver to "):], "' "))})
		case n == 0 || isBlank(line), strings.HasSuffix(line, " reports:"):
		case strings.HasPrefix(line, " host ") && strings.HasSuffix(line, " says:"):
			said[n-1].RemoteMTA = hostAfter(line, " host ")
		case len(said[n-1].Diagnostic) < maxDiagnostic:
			said[n-1].Diagnostic = lines.join(said[n-1].Diagnostic, spaceAfter(said[n-1].Diagnostic), strings.TrimSpace(line))
		}
	}
	r := readDSN(m)
	if r == nil {
		return reportOf(said)
	}
	about := make(map[string]*bouncehound.Recipient, len(said)) // the first that says something
	for i := range said {
		if k := strings.ToLower(said[i].Address); about[k] == nil && !saysNothing(said[i].Diagnostic) {
			about[k] = &said[i]
		}
	}
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		s := about[strings.ToLower(rec.Address)]
		if s == nil {
			s = about[strings.ToLower(rec.Final)]
		}
		if s == nil && len(r.Recipients) == 1 && len(said) > 0 {
			s = &said[0]
		}
		if s != nil && saysNothing(rec.Diagnostic) {
			rec.Diagnostic, rec.RemoteMTA = s.Diagnostic, s.RemoteMTA
		}
	}
	return r
}
