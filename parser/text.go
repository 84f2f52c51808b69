package parser

import "strings"

// text returns the words a person would read in the report, up to where the
// message that was sent is returned among them. The header of that is m.quoted.
func (m *message) text() string {
	if m.wordsRead {
		return m.words
	}
	m.wordsRead = true
	var plain, rich strings.Builder
	var first string
	for i := range m.parts {
		p := &m.parts[i]
		if p.isMultipart() {
			continue
		}
		if isReturned(p.mediaType) && i > 0 || plain.Len() > maxText {
			break
		}
		switch {
		case p.mediaType == "text/html" && rich.Len() == 0:
			rich.WriteString(htmlText(m.decode(p)))
		case p.mediaType == "text/html":
		case strings.HasPrefix(p.mediaType, "text/"), len(m.parts) == 1, strings.HasPrefix(p.mediaType, "multipart/"):
			t := m.decode(p)
			if isStatusText(t) && i > 0 {
				continue
			}
			if first == "" {
				first = t
				continue
			}
			if plain.Len() == 0 {
				plain.WriteString(first)
			}
			plain.WriteString("\n\n")
			plain.WriteString(t)
		}
	}
	words := first
	if plain.Len() > 0 {
		words = plain.String()
	}
	if len(words) > maxText {
		words = words[:maxText]
	}
	m.work += len(words)
	if isBlank(words) {
		words = rich.String()
	} else if hasTags(words) {
		words = htmlText(words) // QUIRK: HTML labelled text/plain
	}
	m.words, m.quoted = cutReturned(words, m.returnsPart())
	return m.words
}

// isReturned says whether a part of that type is the message that was sent.
func isReturned(mediaType string) bool {
	switch mediaType {
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
		"text/rfc822-header", "text/rfc822", "message/rfc822-headers", "message/partial", "message/news":
		return true
	}
	return false
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

func hasTags(s string) bool {
	head := s[:min(len(s), 512)]
	return containsFold(head, "<html") || containsFold(head, "<!doctype html")
}

// returnsPart says whether the message that was sent is a part of its own.
func (m *message) returnsPart() bool {
	for i := range m.parts {
		if i > 0 && !m.parts[i].isMultipart() && isReturned(m.parts[i].mediaType) {
			return true
		}
	}
	return false
}

// cutReturned cuts a text where the message that was sent begins: at a line that
// announces it, or at a header. quoted is what follows. A few fields that are indented, or
// stand there while the message is returned apart, are no end of the words: some servers
// say by these which letter they mean, and then what became of it.
func cutReturned(s string, apart bool) (words, quoted string) {
	for pos := 0; pos < len(s); {
		line, next := lineAt(s, pos)
		trimmed := trimMarks(line)
		if announcesReturned(trimmed) {
			rest := s[next:]
			if at := headerIn(rest, isRule(trimmed[0])); at >= 0 {
				_, _, travelled := headerBlock(rest[at:])
				if !apart || travelled || isRule(trimmed[0]) {
					return s[:pos], rest[at:]
				}
				pos = next
				continue // "Original message details:", in which the reason may stand
			}
			if strings.HasPrefix(trimmed, "-") || strings.HasPrefix(trimmed, "=") || isBlank(rest[:min(len(rest), 200)]) {
				return s[:pos], ""
			}
		}
		if fieldName(trimmed) > 0 {
			block, isMail, travelled := headerBlock(s[pos:])
			if isMail && (travelled || !apart && trimmed == line) {
				return s[:pos], s[pos:]
			}
			if isMail && quoted == "" {
				quoted = s[pos : pos+block]
			}
			next = pos + max(block, next-pos)
		}
		pos = next
	}
	return s, quoted
}

// headerIn returns where a header begins within the next few lines of s, -1 if none
// does. After a rule it may come late: explanations stand between.
func headerIn(s string, ruled bool) int {
	pos, lines := 0, 3
	if ruled {
		lines = 8
	}
	for range lines {
		if pos >= len(s) {
			return -1
		}
		line, next := lineAt(s, pos)
		if fieldName(trimMarks(line)) > 0 {
			return pos
		}
		pos = next
	}
	return -1
}

// headerBlock measures the run of field lines that s begins with and says whether it is the
// header of a mail (three fields that mails have, one of them only mails have) and
// of one that has passed through servers.
func headerBlock(s string) (length int, isMail, travelled bool) {
	sure, common := 0, 0
	pos := 0
	for pos < len(s) {
		line, next := lineAt(s, pos)
		trimmed := trimMarks(line)
		if trimmed == "" {
			break
		}
		if i := fieldName(trimmed); i > 0 {
			var lower [32]byte
			n := copy(lower[:], trimmed[:i])
			for j, c := range lower[:n] {
				if 'A' <= c && c <= 'Z' {
					lower[j] += 'a' - 'A'
				}
			}
			switch string(lower[:n]) {
			case "received", "return-path":
				travelled = true
				sure++
			case "message-id", "mime-version", "dkim-signature", "delivered-to", "content-transfer-encoding", "x-mailer", "arc-seal":
				sure++
			case "from", "to", "subject", "date", "content-type", "reply-to", "cc", "sender", "references", "in-reply-to", "user-agent":
				common++
			}
		} else if pos == 0 {
			return next, false, false
		} else if line == trimmed { // neither field nor continuation
			break
		}
		pos = next
	}
	return pos, sure >= 1 && sure+common >= 3 || sure >= 2, travelled
}

// announcesReturned says whether a line says that the message that was sent follows.
func announcesReturned(line string) bool {
	if len(line) < 8 || len(line) > 120 {
		return false
	}
	ruled := isRule(line[0])
	if !ruled && line[len(line)-1] != ':' && line[len(line)-1] != '.' && line[len(line)-1] != '-' {
		return false
	}
	return returnedPhrases.in(line) || ruled && containsFold(line, "message was received")
}

var returnedPhrases = newPhrases(
	"original message", "copy of the message", "copy of your message", "copy of the original", "copy of the header", "message header", "header of the", "headers follow",
	"returned message", "unsent message", "undelivered message", "message text follows", "original mail", "below this line", "message follows", "mensaje original", "message d'origine", "begin returned", "header follows", "headers of the",
)

func isRule(c byte) bool { return c == '-' || c == '=' || c == '*' || c == '_' }

// lineAt returns the line that begins at pos and where the next one does.
func lineAt(s string, pos int) (line string, next int) {
	if i := strings.IndexByte(s[pos:], '\n'); i >= 0 {
		return s[pos : pos+i], pos + i + 1
	}
	return s[pos:], len(s)
}

// trimMarks takes the marks of quotation and indentation off a line.
func trimMarks(line string) string {
	i := 0
	for i < len(line) && (line[i] == '>' || line[i] == ' ' || line[i] == '\t' || line[i] == '|') {
		i++
	}
	return line[i:]
}
