package parser

import "strings"

// split takes the message apart along its boundaries (RFC 2046 section 5.1), in
// one pass and without recursion, so that neither the depth of nesting nor the number
// of parts makes the work grow faster than the message. Boundaries that are never
// closed, or that an outer one closes, are common in truncated reports: what
// there is, is read.
func (m *message) split() {
	type frame struct {
		boundary string
		part     int
	}
	var room [8]frame
	open := room[:0]
	pos, parent := 0, -1
	for {
		h, body := m.readHeader(pos)
		m.work += body - pos
		index := len(m.parts)
		m.parts = append(m.parts, part{header: h, parent: parent})
		p := &m.parts[index]
		p.mediaType, p.params = splitType(h.get("Content-Type"))
		if p.mediaType == "" {
			p.mediaType = "text/plain"
			if parent >= 0 && m.parts[parent].mediaType == "multipart/digest" {
				p.mediaType = "message/rfc822"
			}
		}
		if p.mediaType == "application/octet-stream" && parent >= 0 && isLetterFile(p) {
			p.mediaType = "message/rfc822" // QUIRK: gateways attach it as any file
		}
		if parent >= 0 {
			m.parts[parent].children++
		}
		if strings.HasPrefix(p.mediaType, "multipart/") || index == 0 && p.mediaType == "text/plain" && strings.HasPrefix(m.raw[body:], "--") {
			boundary := m.boundary(p, body)
			switch {
			case boundary == "":
			case len(open) >= maxDepth:
				m.note("nested too deeply: the inner parts were not taken apart")
			default:
				open = append(open, frame{boundary, index})
			}
		}
		if len(open) == 0 {
			p.body = m.raw[body:]
			return
		}
		// Find the next delimiter of an open multipart, which ends this part.
		next := body
		for {
			at, end := m.nextDelimiter(next)
			m.work += max(end, next) - next + len(open)
			if at < 0 {
				p.body = m.raw[body:]
				for _, f := range open {
					m.parts[f.part].body = m.raw[body:]
				}
				if len(open) > 0 {
					m.note("the end boundary is missing")
				}
				return
			}
			line := strings.TrimRight(m.raw[at+2:end], " \t")
			f := len(open) - 1
			closing := false
			for ; f >= 0; f-- {
				b := open[f].boundary
				if strings.HasPrefix(line, b) {
					rest := line[len(b):]
					closing = rest == "--"
					if closing || rest == "" {
						break
					}
				}
			}
			if f < 0 {
				next = end
				continue
			}
			if m.parts[index].body == "" {
				m.parts[index].body = m.raw[body:max(body, at-1)]
			}
			if f < len(open)-1 {
				m.note("an end boundary is missing")
			}
			if closing {
				open = open[:f]
				if len(open) == 0 {
					m.epilogue = m.raw[min(end+1, len(m.raw)):]
					return
				}
				next = end
				continue
			}
			open = open[:f+1]
			parent = open[f].part
			pos = min(end+1, len(m.raw))
			break
		}
		if len(m.parts) >= maxParts {
			m.note("too many parts: the rest was not read")
			return
		}
	}
}

// isLetterFile says whether a part is a file whose name says that it is a letter.
func isLetterFile(p *part) bool {
	name := param(p.params, "name")
	if name == "" {
		name = param(p.header.get("Content-Disposition"), "filename")
	}
	return hasSuffixFold(name, ".eml")
}

// nextDelimiter returns where the next line that begins with "--" begins and
// ends, from a position that may be the start of a line; -1 if there is none.
func (m *message) nextDelimiter(pos int) (at, end int) {
	at = pos
	if pos > 0 && m.raw[pos-1] != '\n' || !strings.HasPrefix(m.raw[pos:], "--") {
		i := dashes(m.raw[pos:])
		if i < 0 {
			return -1, -1
		}
		at = pos + i
	}
	end = len(m.raw)
	if i := strings.IndexByte(m.raw[at:], '\n'); i >= 0 {
		end = at + i
	}
	return at, end
}

// dashes returns where the first line after the one that s begins in begins with "--", -1 if
// none does. It goes from line to line, which is faster than searching for three bytes of
// which the first is in every line.
func dashes(s string) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '\n')
		if i < 0 || at+i+2 >= len(s) {
			return -1
		}
		if at += i + 1; s[at] == '-' && s[at+1] == '-' {
			return at
		}
	}
}

// boundary returns the boundary of a multipart. QUIRK: gateways rewrite the
// header or the body and not the other; when the declared boundary never comes, a line of
// dashes followed by a Content- field shows the one in use.
func (m *message) boundary(p *part, body int) string {
	declared := param(p.params, "boundary")
	if p.parent >= 0 {
		return declared
	}
	rest := m.raw[body:]
	m.work += len(rest)
	for at := 0; declared != ""; {
		if strings.HasPrefix(rest[at:], "--") && strings.HasPrefix(rest[at+2:], declared) {
			return declared
		}
		i := dashes(rest[at:])
		if i < 0 {
			break
		}
		at += i
	}
	for at := 0; ; {
		if !strings.HasPrefix(rest[at:], "--") {
			i := dashes(rest[at:])
			if i < 0 {
				return ""
			}
			at += i
		}
		line, after, ok := strings.Cut(rest[at:], "\n")
		if !ok {
			return ""
		}
		if len(after) > 8 && strings.EqualFold(after[:8], "content-") {
			m.note("the boundary is not the declared one")
			return strings.TrimRight(line[2:], " \t")
		}
		at += len(line)
	}
}
