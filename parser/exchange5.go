package parser

import (
	"strings"
	"unicode/utf8"

	"bouncehound"
)

// readExchange5 reads the reports of Exchange 5.5 ("Internet Mail Service") and Exchange
// 2000/2003, whose machine part is in TNEF, which nobody else reads:
//
//	Your message
//
//	  To:      lena@example.com
//	  Subject: Invoice
//	  Sent:    Thu, 5 Mar 2026 09:00:00 +0100
//
//	did not reach the following recipient(s):
//
//	lena@example.com on Thu, 5 Mar 2026 09:00:02 +0100
//	    The recipient name is not recognized
//	        The MTS-ID of the original message is: …
//	    MSEXCH:IMS:Example:SITE:HOST 0 (000C05A6) Unknown Recipient
//
// In 2003 the last line is "<mx.example.org #5.1.1 smtp;550 5.1.1 no such user>".
func readExchange5(m *message) *bouncehound.Report {
	h := m.header()
	mailer := h.get("X-Mailer")
	if !containsFold(mailer, "internet mail") && !containsFold(mailer, "microsoft exchange") && !h.has("X-MS-Embedded-Report") && !containsFold(h.get("X-MimeOLE"), "exchange") {
		return nil
	}
	if !m.looksLikeReport() {
		return nil
	}
	r := &bouncehound.Report{}
	var rec *bouncehound.Recipient
	text := m.text()
	var lines joiner
	for pos := 0; pos < len(text) && len(r.Recipients) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		if strings.IndexByte(line, '@') > 0 {
			if a, rest, ok := headedBy(line); ok && isOnDate(rest) {
				r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Failed, Address: a})
				rec = &r.Recipients[len(r.Recipients)-1]
				continue
			}
		}
		if line == "--" || isDecoration(line) {
			rec = nil // what a gateway has set below
		}
		if rec != nil && line != "" && len(rec.Diagnostic) < maxDiagnostic && !strings.HasPrefix(line, "The MTS-ID") {
			rec.Diagnostic = lines.join(rec.Diagnostic, spaceAfter(rec.Diagnostic), line)
		}
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		// The line on the wire says more than the sentence above it.
		if j := strings.IndexByte(rec.Diagnostic, '<'); j > 0 && strings.Contains(rec.Diagnostic[j:], " #") {
			rec.RemoteMTA, _, _ = strings.Cut(strings.TrimLeft(rec.Diagnostic[j+1:], " "), " ")
			_, rec.Status = bouncehound.Codes(rec.Diagnostic[j:])
		}
	}
	return r
}

// headedBy returns the address that a line begins with and what follows it.
func headedBy(line string) (address, rest string, ok bool) {
	a, end := findAddress(line[:min(len(line), 400)])
	if a == "" || strings.Trim(line[:end-len(a)], " \t<'\"*-") != "" && !strings.EqualFold(strings.Trim(line[:end], "<'\" "), a) {
		return "", "", false
	}
	return a, strings.TrimLeft(line[end:], "> '\""), true
}

// isOnDate says whether what follows an address is "on" and a date, in any language: a
// short word and a digit soon after.
func isOnDate(rest string) bool {
	word, after, ok := strings.Cut(rest, " ")
	if !ok || utf8.RuneCountInString(word) > 6 || word == "" {
		return false
	}
	return strings.ContainsAny(after[:min(len(after), 24)], "0123456789") && (strings.ContainsRune(after, ':') || strings.ContainsRune(after, '/'))
}
