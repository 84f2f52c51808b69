package parser

import (
	"strings"

	"bouncehound"
)

// letterTo returns the one address that the words say the letter went to, where they repeat
// the fields of its header, as gateways do that return no letter:
//
//	From: news@example.org
//	To: lena@example.com
//	Subject: Our prices
//
// A table has them without colons. It is "" where another field isn't there, or where the letter
// went to several. Filters repeat them as well where they delivered the letter without a file.
func (m *message) letterTo(text string, sent []string) (to string) {
	others := false
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		end := strings.IndexAny(line, ": \t")
		if end < 0 || end > 20 {
			continue
		}
		value := strings.TrimLeft(line[end:], ": \t")
		switch strings.ToLower(line[:end]) {
		case "from", "subject", "sender", "date", "sent", "von", "betreff", "de", "objet", "asunto", "assunto", "da", "oggetto", "van", "onderwerp":
			others = true
		case "to", "rcpt", "an", "\u00e0", "para", "aan", "till", "til":
			list := addresses(value, 2)
			if len(list) == 0 || value[0] != '<' && !hasPrefixFold(value, list[0]) && value[0] != '"' {
				continue // a sentence: "To reach us write to …"
			}
			if len(list) > 1 || to != "" && !strings.EqualFold(to, list[0]) {
				return ""
			}
			to = list[0]
		}
	}
	if !others || to == "" || !m.mayFail(to, sent) {
		return ""
	}
	return to
}

// refusedInLines reads lines that each hold a reply and whom it was about:
//
//	550 No such user (lena@example.com)
//	452 Mailbox full: <omar@example.com>
func (m *message) refusedInLines(text string, action bouncehound.Action, sent []string) (recs []bouncehound.Recipient) {
	if action != bouncehound.Failed || strings.Contains(text, "<<< ") {
		return nil
	}
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		line = strings.TrimSpace(line)
		if !startsReply(line) || line[0] != '5' && line[0] != '4' || strings.IndexByte(line, '@') < 0 {
			continue
		}
		if found := proseAddresses(line, sent, 2); len(found) == 1 && m.mayFail(found[0], sent) {
			recs = append(recs, bouncehound.Recipient{Action: action, Address: found[0], Diagnostic: line})
		}
	}
	if len(recs) < 2 {
		return nil // one alone may go on in the next line
	}
	return recs
}

// refusedInCode returns the only address in what a mail server wrote in a language that is
// not known here, if a line of it is or ends in a refusal for good.
//
//	lena@example.com adresine ileti teslim edilmedi.
//	550 5.1.1 nobody of that name
func (m *message) refusedInCode(text string, sent []string) string {
	if m.like != surely || !isDaemonAddress(m.header().get("From")) || !hasRefusalLine(text) {
		return ""
	}
	found := ""
	for _, a := range proseAddresses(text, sent, 50) {
		if !m.mayFail(a, sent) {
			continue
		}
		if found != "" {
			return ""
		}
		found = a
	}
	return found
}

// hasRefusalLine says whether a line begins with a permanent refusal, or has one behind a
// colon.
func hasRefusalLine(text string) bool {
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		pos = next
		for i := 0; i < len(line); i++ {
			if i > 0 && line[i-1] != ':' && !strings.HasSuffix(line[:i], "\uff1a") {
				continue
			}
			if reply := strings.TrimLeft(line[i:min(len(line), i+40)], " \t"); reply != "" && reply[0] == '5' && startsReply(reply) {
				return true
			}
		}
	}
	return false
}
