package parser

import (
	"strings"
	"unicode/utf8"

	"bouncehound"
)

// readExim reads the reports of Exim. Its machine part is terse, and releases before
// 4.84 have none, so the words count:
// https://www.exim.org/exim-html-current/doc/html/spec_html/ch-customizing_messages.html
//
//	This message was created automatically by mail delivery software.
//
//	A message that you sent could not be delivered to one or more of its
//	recipients. This is a permanent error. The following address(es) failed:
//
//	  lena@example.com
//	    (generated from info@example.org)
//	    host mx.example.com [192.0.2.7]
//	    SMTP error from remote mail server after RCPT TO:<lena@example.com>:
//	    550 5.1.1 no such user
//
// The header X-Failed-Recipients lists all failed addresses. The machine part names
// the alias, the words also the address it was "generated from".
func readExim(m *message) *bouncehound.Report {
	h := m.header()
	machine := strings.Contains(m.parts[m.reportPart()].params, "eximdsn")
	if !machine && (m.parts[0].mediaType == "multipart/report" || !m.looksLikeReport()) {
		return nil
	}
	text := m.text()
	head := text[:min(len(text), 600)]
	if h.has("X-Failed-Recipients") { // QUIRK: Mail.ru says it all in Russian first
		head = text[:min(len(text), 2400)]
	}
	if !machine && !containsFold(head, "created automatically by mail delivery software") && !(h.has("X-Failed-Recipients") && containsFold(head, "could not be delivered")) {
		return nil
	}
	for _, phrase := range [...]string{"address(es) failed", "addresses failed", "address failed", "not yet been delivered is", "not yet been delivered are", "not been delivered is", "not been delivered are"} {
		if i := indexFold(text, phrase); i >= 0 {
			text = text[i:] // the sender is named above, on a line of his own too
			break
		}
	}
	list := entries(text)
	if machine {
		if r := readDSN(m); r != nil {
			if files := generatedIn(text); len(files) > 0 {
				r.Recipients = withGenerated(r.Recipients, files, r.Recipients[0].Action)
			}
			members := membersOf(list)
			for i := range r.Recipients {
				rec := &r.Recipients[i]
				mendExim(rec, members[strings.ToLower(unwrapAddress(rec.Final))])
			}
			return r
		}
	}
	action := bouncehound.Failed
	if !h.has("X-Failed-Recipients") && (containsFold(head, "has not yet been delivered") || containsFold(head, "has not been delivered") || containsFold(head, "warning")) {
		action = bouncehound.Delayed
	}
	r := &bouncehound.Report{}
	for _, e := range list {
		rec := e.recipient(action)
		rec.RemoteMTA, rec.Diagnostic = eximHost(rec.Diagnostic)
		r.Recipients = append(r.Recipients, rec)
	}
	if len(r.Recipients) == 0 {
		for _, a := range addresses(h.get("X-Failed-Recipients"), maxRecipients) {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: action, Address: a})
		}
	}
	r.Recipients = withGenerated(r.Recipients, generatedIn(text), action)
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}

// membersOf returns what is said of the members of each alias, which is given in lower case,
// on one line. Of an alias with more than a hundred of them nobody can be told apart.
func membersOf(list []entry) map[string][]entry {
	var members map[string][]entry
	for _, e := range list {
		if e.from == "" {
			continue
		}
		if members == nil {
			members = make(map[string][]entry)
		}
		if alias := strings.ToLower(e.from); len(members[alias]) < 100 {
			e.said = oneLine(e.said, maxDiagnostic)
			members[alias] = append(members[alias], e)
		}
	}
	return members
}

// mendExim adds to a recipient of the machine part what only the words tell: the
// address that its alias stands for. Members of one alias are told apart by their replies, or not at all.
func mendExim(rec *bouncehound.Recipient, members []entry) {
	var member *entry
	for i := range members {
		if i == 0 || rec.Diagnostic != "" && strings.HasSuffix(members[i].said, rec.Diagnostic) {
			member = &members[i]
		}
	}
	if len(members) == 1 || len(members) > 1 && strings.HasSuffix(member.said, rec.Diagnostic) {
		rec.Address, rec.Final = rec.Final, member.address
	}
	_, rec.Diagnostic = eximHost(rec.Diagnostic)
	rec.Diagnostic = octalBytes(rec.Diagnostic)
}

// eximHost takes "host mx.example.com [192.0.2.7]" or "H=…: " off what is said of a recipient.
func eximHost(said string) (host, rest string) {
	if strings.HasPrefix(said, "No action is required") {
		return "", ""
	}
	rest = strings.TrimPrefix(said, "Delay reason: ")
	if strings.HasPrefix(rest, "(host ") && strings.HasSuffix(rest, ")") { // QUIRK: McAfee's relays, once MX Logic
		rest = rest[1 : len(rest)-1]
	}
	for _, prefix := range [...]string{"host ", "H=", "SMTP error from remote mail server after initial connection: host "} {
		after, ok := strings.CutPrefix(rest, prefix)
		if !ok {
			continue
		}
		name, after, _ := strings.Cut(after, " ")
		if strings.IndexByte(name, '.') < 0 {
			return "", rest
		}
		if strings.HasPrefix(after, "[") {
			_, after, _ = strings.Cut(after, "]")
		}
		return strings.TrimRight(name, ":"), strings.TrimLeft(after, ": ")
	}
	if i := strings.Index(said, "host "); i >= 0 && i < 200 {
		name := said[i+5:]
		if end := strings.IndexAny(name, " [:"); end > 0 && strings.IndexByte(name[:end], '.') > 0 {
			host = name[:end]
			if _, reply, ok := strings.Cut(name[end:], "]: "); ok && startsReply(reply) {
				rest = reply
			}
		}
	}
	return host, rest
}

// octalBytes undoes \303\244, as which Exim prints bytes beyond ASCII.
func octalBytes(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] >= '2' && s[i+1] <= '3' && s[i+2] >= '0' && s[i+2] <= '7' && s[i+3] >= '0' && s[i+3] <= '7' {
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, s[i])
	}
	if !utf8.Valid(out) {
		return s
	}
	return string(out)
}
