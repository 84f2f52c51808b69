package parser

import (
	"strings"

	"bouncehound"
)

// readDSN reads a delivery status notification, RFC 3464 (and RFC 6533 for
// internationalised addresses): groups of fields, the first about the message, each
// further one about a recipient.
//
//	Reporting-MTA: dns; mx.example.com
//
//	Original-Recipient: rfc822;lena@example.com
//	Final-Recipient: rfc822;lena@mail.example.net
//	Action: failed
//	Status: 5.1.1
//	Remote-MTA: dns; mail.example.net
//	Diagnostic-Code: smtp; 550 5.1.1 no mailbox of that name here
//
// The part may be labelled otherwise, be encoded, or stand where it should not;
// what it looks like counts.
func readDSN(m *message) *bouncehound.Report {
	if !m.looksLikeReport() {
		return nil
	}
	r := &bouncehound.Report{}
	postfix := false
	for i := range m.parts {
		p := &m.parts[i]
		// QUIRK: some call the machine part a message/partial or message/rfc822.
		if p.isMultipart() || p.mediaType == "text/html" || isReturned(p.mediaType) && !isStatusText(p.body) {
			continue
		}
		labelled := p.mediaType == "message/delivery-status" || p.mediaType == "message/global-delivery-status"
		// QUIRK: gateways that look for viruses call what they don't know octets.
		if !labelled && !(p.mediaType == "application/octet-stream" && m.like == surely && len(p.body) < maxValue && isStatusText(m.decode(p))) && !strings.HasPrefix(p.mediaType, "text/") && !strings.HasPrefix(p.mediaType, "message/") && !strings.HasPrefix(p.mediaType, "multipart/") {
			continue
		}
		if !labelled {
			if m.like == maybe {
				continue // who answers by a program quotes what he answers
			}
			if len(p.body) <= maxText && isPlain(p) && !holdsStatusText(p.body) {
				continue
			}
		}
		text := m.decode(p)
		if !labelled {
			at := statusTextIn(text)
			if at < 0 {
				continue
			}
			text = text[at:]
		} else if h := p.header; h.has("Reporting-MTA") || h.has("Final-Recipient") || h.has("Original-Recipient") {
			// QUIRK: hand-made reports leave out the empty line behind the header of a part.
			var b strings.Builder
			for i := range h {
				b.WriteString(h[i].name + ":" + h[i].value + "\n")
			}
			text = b.String() + "\n" + text
		}
		readStatusText(text, r)
		if len(r.Recipients) > 0 {
			postfix = strings.Contains(text, "-Queue-ID:")
			break
		}
	}
	if len(r.Recipients) == 0 && m.isStatusReport() {
		m.readEpilogue(r)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	m.enrich(r.Recipients)
	if postfix {
		m.commandBefore(r.Recipients)
	}
	return r
}

// readEpilogue reads the machine part where it stands behind the end boundary, which hand-made
// reports and gateways that add a part write too early.
func (m *message) readEpilogue(r *bouncehound.Report) {
	text := m.epilogue[:min(len(m.epilogue), maxValue)]
	at := statusTextIn(text)
	if at < 0 {
		return
	}
	text, _, _ = strings.Cut(text[at:], "\n--")
	readStatusText(text, r)
	if len(r.Recipients) > 0 {
		m.note("the machine part stands behind the end boundary")
	}
}

// isStatusText says whether a text is the machine part of a report.
func isStatusText(s string) bool {
	s = strings.TrimLeft(s, " \n")
	for range 4 { // what stands before is about the message: its envelope's id, its arrival
		if hasPrefixFold(s, "reporting-mta:") || hasPrefixFold(s, "final-recipient:") || hasPrefixFold(s, "original-recipient:") {
			return true
		}
		if !hasPrefixFold(s, "original-envelope-id:") && !hasPrefixFold(s, "arrival-date:") && !hasPrefixFold(s, "received-from-mta:") && !hasPrefixFold(s, "dsn-gateway:") {
			return false
		}
		_, next := lineAt(s, 0)
		s = s[next:]
	}
	return false
}

// statusTextIn returns where the fields of a report begin in a text, -1 if they
// don't: a line of its own that names the reporting MTA or a recipient, with an action or
// a status to go with it.
func statusTextIn(s string) int {
	if !holdsStatusText(s) {
		return -1
	}
	for pos := 0; pos < len(s); {
		line, next := lineAt(s, pos)
		line = strings.TrimLeft(line, " ")
		if hasPrefixFold(line, "reporting-mta:") || hasPrefixFold(line, "final-recipient:") || hasPrefixFold(line, "original-recipient:") {
			return pos
		}
		if hasPrefixFold(line, "received:") {
			return -1 // the returned message begins
		}
		pos = next
	}
	return -1
}

// holdsStatusText says whether the names of the fields stand anywhere in a text.
func holdsStatusText(s string) bool {
	return containsFold(s, "-recipient:") && (containsFold(s, "final-recipient:") || containsFold(s, "original-recipient:")) && (containsFold(s, "action:") || containsFold(s, "status:"))
}

// readStatusText reads the groups of fields. Empty lines between groups may be
// missing or doubled, so a group begins where its fields say so.
func readStatusText(text string, r *bouncehound.Report) {
	var g group
	blank := false
	last := ""
	value := ""
	var lines joiner
	flush := func() {
		if last == "" {
			return
		}
		name, v := last, strings.TrimSpace(value)
		last, value = "", ""
		switch name {
		case "reporting-mta":
			if r.ReportingMTA == "" {
				r.ReportingMTA = strings.TrimPrefix(typed(v), "mta ") // of X.400: "x400; mta gate.example.org in /C=de/"
			}
			return
		case "dsn-gateway", "received-from-mta", "arrival-date", "original-envelope-id":
			return
		}
		if !g.take(name, v, blank) {
			g.end(r)
			g = group{}
			g.take(name, v, false)
		}
		blank = false
	}
	text = strings.TrimLeft(text, "\n")
	margin := text[:indentOf(text)] // QUIRK: gateways that rebuild a report indent its fields
	for pos := 0; pos < len(text) && len(r.Recipients) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimPrefix(line, margin)
		if isBlank(line) {
			flush()
			blank = true
			continue
		}
		i := statusField(line)
		if i == 0 {
			// A folded line, or one that its writer forgot to indent.
			if last != "" && len(value) < maxDiagnostic {
				value = lines.join(value, " ", strings.TrimSpace(line))
			}
			continue
		}
		flush()
		last, value = statusName(strings.TrimRight(line[:i], " \t")), line[i+1:]
	}
	flush()
	g.end(r)
}

// statusName returns the name of a field that counts in lower case, any other as it is.
func statusName(name string) string {
	for _, known := range [...]string{
		"reporting-mta", "dsn-gateway", "received-from-mta", "arrival-date", "original-envelope-id", "original-recipient", "final-recipient",
		"x-actual-recipient", "x-failed-recipients", "x-failed-recipient", "action", "status", "remote-mta", "diagnostic-code",
	} {
		if len(name) == len(known) && equalFold(name, known) {
			return known
		}
	}
	return name
}

// maxRecipients bounds the recipients of one report.
const maxRecipients = 10000

// statusField returns where the colon is if line is a field of a report, else 0.
// Diagnostics hold colons too, and are not always folded as they should be.
func statusField(line string) int {
	if line[0] == ' ' || line[0] == '\t' {
		return 0
	}
	i := fieldName(line)
	if i <= 0 {
		return 0
	}
	name := strings.TrimRight(line[:i], " \t")
	switch {
	case hasPrefixFold(name, "x-"), strings.EqualFold(name, "action"), strings.EqualFold(name, "status"):
		return i
	case strings.IndexByte(name, '-') > 0 && isAlnum(name[0]) && strings.IndexFunc(name, func(c rune) bool { return c != '-' && (c > 127 || !isAlnum(byte(c))) }) < 0:
		return i
	}
	return 0
}

// typed returns v of "type; v" (RFC 3464 section 2.1.2). A type is an atom: a semicolon
// in the middle of a sentence separates none.
func typed(v string) string {
	before, after, ok := strings.Cut(v, ";")
	if !ok {
		return strings.TrimSpace(v)
	}
	before = strings.TrimSpace(before)
	for i := range len(before) {
		if c := before[i]; !isAlnum(c) && c != '-' && c != '_' && c != '/' && c != '.' {
			return strings.TrimSpace(v)
		}
	}
	if len(before) > 24 || before != "" && before[0] >= '0' && before[0] <= '9' {
		return strings.TrimSpace(v)
	}
	return strings.TrimSpace(after)
}
