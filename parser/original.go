package parser

import (
	"strings"
	"time"

	"bouncehound"
)

// original reads the message that was sent, as far as the report returns it.
func (m *message) original(capture []string) bouncehound.Original {
	h := m.returnedHeader()
	o := bouncehound.Original{
		MessageID:  messageID(h.get("Message-ID")),
		InReplyTo:  decodeWords(h.get("In-Reply-To")),
		References: decodeWords(h.get("References")),
		Subject:    h.words("Subject"),
		From:       h.words("From"),
		To:         h.words("To"),
		Date:       decodeWords(h.get("Date")),
		ListID:     h.words("List-Id"),
	}
	if t, ok := readDate(o.Date); ok {
		o.Date = t.Format(time.RFC3339)
	}
	for _, name := range capture {
		if h.has(name) {
			if o.Headers == nil {
				o.Headers = make(map[string]string, len(capture))
			}
			o.Headers[name] = h.words(name)
		}
	}
	return o
}

// captureKey keeps the token of the sender's envelope address that is no recipient beside the
// captured headers.
func (m *message) captureKey(o *bouncehound.Original, pattern string) {
	_, key := m.verp(pattern)
	if key == "" || o.Headers["verp"] != "" {
		return
	}
	if o.Headers == nil {
		o.Headers = make(map[string]string, 1)
	}
	o.Headers["verp"] = oneLine(key, 255)
}

// returnedHeader returns the header of the message that was sent: of the part that
// returns it, or found among the words. It is empty if nothing was returned.
func (m *message) returnedHeader() header {
	if m.returnedRead {
		return m.returned
	}
	m.returnedRead = true
	for i := range m.parts {
		p := &m.parts[i]
		if i > 0 && !p.isMultipart() && isReturned(p.mediaType) && !isStatusText(p.body) {
			text := p.body
			if p.header.has("Content-Transfer-Encoding") {
				text = m.decode(p)
			}
			if h := m.headerOf(text); len(h) > 0 {
				m.returned = h
				return h
			}
		}
	}
	if m.text(); m.quoted != "" {
		m.returned = m.headerOf(unquoted(m.quoted))
	}
	return m.returned
}

// headerOf reads the header that a text begins with.
func (m *message) headerOf(s string) header {
	s = strings.TrimLeft(s, " \t\n")
	inner := message{raw: s[:min(len(s), 4*maxValue)]}
	if strings.HasPrefix(s, "From ") || strings.HasPrefix(s, ">From ") {
		_, inner.raw, _ = strings.Cut(inner.raw, "\n")
	}
	inner.fields = m.inner[len(m.inner):]
	h, _ := inner.readHeader(0)
	m.inner = m.inner[:min(len(m.inner)+len(h), cap(m.inner))]
	return h
}

// unquoted takes the marks and the indentation off a header that is quoted among
// words: "> From: …", "    From: …".
func unquoted(s string) string {
	first, _ := lineAt(s, 0)
	mark := first[:len(first)-len(trimMarks(first))]
	if mark == "" {
		return s
	}
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimPrefix(line, mark)
		if isBlank(line) {
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// messageID returns a Message-ID with its angle brackets, "" if there is none.
func messageID(v string) string {
	if open := strings.IndexByte(v, '<'); open >= 0 {
		if end := strings.IndexByte(v[open:], '>'); end > 1 {
			return oneLine(toUTF8(v[open:open+end+1], ""), 998)
		}
	}
	v = withoutComments(strings.Trim(v, "<> \t"))
	if v == "" || strings.ContainsAny(v, " <>") {
		return ""
	}
	return "<" + oneLine(toUTF8(v, ""), 998) + ">"
}
