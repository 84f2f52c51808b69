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
	if !m.namesCommand() {
		return // most refuse at RCPT, and their words need not be read
	}
	about := make(map[string]int, 2*len(recs)) // the first recipient of an address in lower case
	for n := len(recs) - 1; n >= 0; n-- {
		about[strings.ToLower(recs[n].Address)] = n
		about[strings.ToLower(recs[n].Final)] = n
	}
	for _, e := range entries(m.text()) {
		i := strings.LastIndex(e.said, " (in reply to ")
		if i < 0 || !strings.HasSuffix(e.said, " command)") || len(e.said)-i > 40 || strings.Contains(e.said[i:], "RCPT") {
			continue
		}
		n, ok := about[strings.ToLower(e.address)]
		if ok && recs[n].Diagnostic != "" && !strings.Contains(recs[n].Diagnostic, "(in reply to") {
			recs[n].Diagnostic += e.said[i:]
		}
	}
}

// namesCommand says whether the words may tell of a reply to another command than RCPT.
func (m *message) namesCommand() bool {
	for i := range m.parts {
		p := &m.parts[i]
		switch {
		case p.isMultipart():
		case isReturned(p.mediaType):
			return false
		case !isPlain(p):
			return true // not to be seen before it is decoded
		}
		for text := p.body; !p.isMultipart(); {
			at := indexFold(text, "command)")
			if at < 0 {
				break
			}
			if before := text[:at]; !strings.Contains(before[max(0, strings.LastIndexByte(before, '(')):], "RCPT") {
				return true
			}
			text = text[at+len("command)"):]
		}
	}
	return false
}
