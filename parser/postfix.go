package parser

import (
	"strings"

	"bouncehound"
)

// readPostfix reads the words of a Postfix report whose machine part is missing,
// as gateways and old releases leave it (postconf(5) bounce_template_file, bounce(5)):
//
//	This is the mail system at host mx.example.org.
//
//	<lena@example.com> (expanded from <info@example.org>): host
//	    mx.example.com[192.0.2.7] said: 550 5.1.1 no such user (in reply to RCPT TO command)
func readPostfix(m *message) *bouncehound.Report {
	if !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	head := text[:min(len(text), 2000)]
	if !containsFold(head, "mail system at host") && !containsFold(head, "postfix program") && !containsFold(head, "the postfix") {
		return nil
	}
	r := &bouncehound.Report{ReportingMTA: hostAfter(text, "at host ")}
	action := bouncehound.Failed
	if containsFold(head, "this is a warning only") || containsFold(head, "warning message only") || containsFold(head, "still undelivered") {
		action = bouncehound.Delayed
	} else if containsFold(head, "was successfully delivered to") {
		action = bouncehound.Delivered
	}
	for _, e := range entries(text) {
		rec := e.recipient(action)
		rec.RemoteMTA, rec.Diagnostic = postfixReply(e.said)
		r.Recipients = append(r.Recipients, rec)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}

// postfixReply splits "host mx.example.com[192.0.2.7] said: 550 …" into who said it
// and what was said.
func postfixReply(said string) (host, diagnostic string) {
	rest, ok := strings.CutPrefix(said, "host ")
	if !ok {
		return "", said
	}
	host, diagnostic, ok = strings.Cut(rest, " said: ")
	if !ok || strings.ContainsAny(host, " ") {
		return "", said
	}
	host, _, _ = strings.Cut(host, "[")
	return host, diagnostic
}

// hostAfter returns the host name that follows a phrase.
func hostAfter(s, phrase string) string {
	i := strings.Index(s, phrase)
	if i < 0 {
		return ""
	}
	s = strings.TrimLeft(s[i+len(phrase):], " <\n")
	end := 0
	for end < len(s) && (isAlnum(s[end]) || s[end] == '.' || s[end] == '-' || s[end] == '_') {
		end++
	}
	return strings.TrimRight(s[:end], ".")
}
