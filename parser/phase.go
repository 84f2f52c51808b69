package parser

import (
	"strings"

	"bouncehound"
)

// commandBefore adds to the replies of a Postfix report to which command they came,
// where it was another than RCPT. Only the words tell it, and it matters: at MAIL FROM the
// server had not been told the recipient yet, after DATA it had accepted it.
//
//	<lena@example.com>: host mx.example.com[192.0.2.7] said: 550 no (in reply to MAIL FROM command)
//
// https://www.postfix.org/bounce.5.html
func (m *message) commandBefore(recs []bouncehound.Recipient) {
	text := m.text()
	if !strings.Contains(text, "MAIL") && !strings.Contains(text, "DATA") && !strings.Contains(text, "HELO") && !strings.Contains(text, "EHLO") {
		return
	}
	for _, e := range entries(text) {
		i := strings.LastIndex(e.said, " (in reply to ")
		if i < 0 || !strings.HasSuffix(e.said, " command)") || len(e.said)-i > 40 || strings.Contains(e.said[i:], "RCPT") {
			continue
		}
		for n := range recs {
			rec := &recs[n]
			if rec.Diagnostic != "" && (strings.EqualFold(e.address, rec.Final) || strings.EqualFold(e.address, rec.Address)) && !strings.Contains(rec.Diagnostic, "(in reply to") {
				rec.Diagnostic += e.said[i:]
				break
			}
		}
	}
}
