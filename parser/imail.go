package parser

import (
	"strings"

	"bouncehound"
)

// readIMail reads the reports of Ipswitch IMail, whose delivery agent is SMTP32. Each
// recipient has a line that says what is wrong and ends in the address; the reply, where
// there is one, follows.
// https://docs.progress.com/bundle/imail-server
//
//	X-Mailer: <SMTP32 v8.22>
//
//	Unknown user: lena@example.com
//
//	RCPT TO generated following response:
//	550 5.1.1 no such user
//
//	Original message follows.
func readIMail(m *message) *bouncehound.Report {
	if !containsFold(m.header().get("X-Mailer"), "<smtp32 v") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	var recs []bouncehound.Recipient
	var lines joiner
	reply := false // the lines of a reply are being read
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		if containsFold(line, "original message follows") {
			break
		}
		if a := lastAddress(line); !reply && a != "" && hasSuffixFold(line, a) && saysWhy(line[:len(line)-len(a)]) {
			recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a, Diagnostic: line})
			continue
		}
		switch {
		case len(recs) == 0:
		case hasSuffixFold(line, "response:"):
			reply = true
			recs[len(recs)-1].Diagnostic = "" // the reply says more than "undeliverable to"
		case line == "":
			reply = reply && recs[len(recs)-1].Diagnostic == ""
		case reply && len(recs[len(recs)-1].Diagnostic) < maxDiagnostic:
			recs[len(recs)-1].Diagnostic = lines.join(recs[len(recs)-1].Diagnostic, line, "\n")
		}
	}
	return reportOf(recs)
}

// saysWhy says whether the words before an address are those of SMTP32: "Unknown user:",
// "undeliverable to", "Delivery failed 20 attempts:". One word and a colon is a header.
func saysWhy(before string) bool {
	before = strings.TrimRight(before, " <")
	return strings.HasSuffix(before, ":") && strings.IndexByte(before, ' ') > 0 || strings.HasSuffix(before, " to")
}

// lastAddress returns the last address on a line.
func lastAddress(line string) (last string) {
	if strings.IndexByte(line, '@') < 0 {
		return ""
	}
	for _, a := range addresses(line, 8) {
		last = a
	}
	return last
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
