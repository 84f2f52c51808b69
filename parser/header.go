package parser

import (
	"bytes"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/htmlindex"
)

// A header is the fields of one header, in their order.
type header []field

type field struct {
	name, value string // value as written, folded
	key         uint32 // see keyOf
}

func newField(name, value string) field { return field{name, value, keyOf(name)} }

// keyOf returns what names that are the same in any case have in common and others seldom:
// length and three letters. A header is asked for some hundred fields, of which it has few.
func keyOf(name string) uint32 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint32(n)<<24 | uint32(name[0]|0x20)<<16 | uint32(name[n/2]|0x20)<<8 | uint32(name[n-1]|0x20)
}

// readHeader reads the header that begins at pos and returns where its body begins.
// A line that is no field is passed over when another field follows, else it is the
// first of the body: a missing empty line is common in hand-made reports.
func (m *message) readHeader(pos int) (h header, body int) {
	first := len(m.fields)
	for pos < len(m.raw) {
		end := len(m.raw)
		if i := strings.IndexByte(m.raw[pos:], '\n'); i >= 0 {
			end = pos + i
		}
		line := m.raw[pos:end]
		if line == "" {
			return m.fields[first:], min(end+1, len(m.raw))
		}
		colon := fieldName(line)
		if colon <= 0 {
			next := min(end+1, len(m.raw))
			if strings.HasPrefix(line, "--") || !isField(m.raw[next:]) {
				return m.fields[first:], pos
			}
			pos = next
			continue
		}
		// Take the continuation lines.
		for end+1 < len(m.raw) && (m.raw[end+1] == ' ' || m.raw[end+1] == '\t') {
			i := strings.IndexByte(m.raw[end+1:], '\n')
			if i < 0 {
				end = len(m.raw)
				break
			}
			if strings.TrimSpace(m.raw[end+1:end+1+i]) == "" {
				break
			}
			end += 1 + i
		}
		if len(m.fields) < maxFields {
			value := m.raw[pos+colon+1 : end]
			if len(value) > maxValue {
				value = value[:maxValue]
			}
			m.fields = append(m.fields, newField(strings.TrimRight(m.raw[pos:pos+colon], " \t"), value))
		} else {
			m.note("too many header fields: the rest was not read")
		}
		pos = min(end+1, len(m.raw))
	}
	return m.fields[first:], pos
}

// fieldName returns where the colon after a field name is, 0 if line is no field.
func fieldName(line string) int {
	for i := range len(line) {
		c := line[i]
		if isAlnum(c) || c == '-' {
			continue
		}
		switch {
		case c == ':':
			return i
		case c == ' ' || c == '\t':
			// QUIRK: a space before the colon is obsolete syntax (RFC 5322 section 4.5) still in use.
			rest := strings.TrimLeft(line[i:], " \t")
			if i > 0 && strings.HasPrefix(rest, ":") {
				return len(line) - len(rest)
			}
			return 0
		case c < 33 || c > 126 || c == '@' || c == '<' || c == '(' || c == '[' || c == '/':
			return 0 // RFC 5322 allows most of these, and no program uses them
		}
	}
	return 0
}

// isField says whether s begins with a header field.
func isField(s string) bool {
	line, _, _ := strings.Cut(s, "\n")
	return fieldName(line) > 0
}

// get returns the first field of that name, unfolded and trimmed; "" if there is none.
func (h header) get(name string) string {
	if i := h.index(name); i >= 0 {
		return unfold(h[i].value)
	}
	return ""
}

// has says whether there is a field of that name.
func (h header) has(name string) bool {
	return h.index(name) >= 0
}

// hasAny says whether there is a field of one of the names.
func (h header) hasAny(names *phraseSet) bool {
	for i := range h {
		if name := names.begin(h[i].name); name != "" && len(name) == len(h[i].name) {
			return true
		}
	}
	return false
}

// index returns where the first field of that name is, -1 if there is none.
func (h header) index(name string) int {
	key := keyOf(name)
	for i := range h {
		if h[i].key == key && strings.EqualFold(h[i].name, name) {
			return i
		}
	}
	return -1
}

// words returns the first field of that name with its encoded words (RFC 2047) decoded.
func (h header) words(name string) string { return decodeWords(h.get(name)) }

func unfold(v string) string {
	v = strings.TrimSpace(v)
	if strings.IndexByte(v, '\n') < 0 {
		return v
	}
	var b strings.Builder
	b.Grow(len(v))
	for line := range strings.SplitSeq(v, "\n") {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}

var wordDecoder = mime.WordDecoder{CharsetReader: wordReader}

// wordReader decodes an encoded word. Most are short, and a decoder with buffers is dear.
func wordReader(label string, input io.Reader) (io.Reader, error) {
	known, err := htmlindex.Get(label)
	if err != nil {
		return charset.Reader(label, input)
	}
	b, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	text, err := known.NewDecoder().Bytes(b)
	return bytes.NewReader(text), err
}

// decodeWords decodes encoded words and makes the rest valid UTF-8 on one line.
func decodeWords(v string) string {
	if strings.Contains(v, "=?") {
		if decoded, err := wordDecoder.DecodeHeader(v); err == nil {
			v = decoded
		}
	}
	return oneLine(toUTF8(v, ""), maxValue)
}
