package parser

import (
	"bytes"
	"encoding/base64"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// decode returns what a part says: transfer encoding undone, UTF-8, \n line ends.
// It is decoded once, and only as far as maxText.
func (m *message) decode(p *part) string {
	if p.decoded {
		return p.text
	}
	p.decoded = true
	body := p.body
	if len(body) > maxText {
		body = body[:maxText]
		m.note("a part was read only as far as 512 KB")
	}
	m.work += len(body)
	var decoded []byte
	switch enc := p.header.get("Content-Transfer-Encoding"); {
	case enc == "":
	case hasPrefixFold(enc, "base64"):
		decoded = decodeBase64(body)
	case hasPrefixFold(enc, "quoted-printable"):
		decoded = decodeQuoted(body)
	}
	label := ""
	if p.params != "" {
		label = param(p.params, "charset")
	}
	if decoded != nil {
		if hasPrefixFold(label, "utf-16") || hasPrefixFold(label, "unicode-utf-16") || hasPrefixFold(label, "iso-10646-ucs-2") {
			decoded = fromUTF16(decoded, label)
		}
		body = givenText(decoded)
	}
	p.text = strings.TrimPrefix(toUTF8(body, label), "\ufeff")
	return p.text
}

// fromUTF16 decodes what holds a NUL beside each ASCII letter: it must be done before they
// are taken for rubbish.
func fromUTF16(b []byte, label string) []byte {
	order := unicode.BigEndian // RFC 2781 section 4.3
	if containsFold(label, "le") {
		order = unicode.LittleEndian
	}
	text, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return text
}

// givenText is withLineFeeds of bytes that nobody else holds.
func givenText(b []byte) string {
	if bytes.IndexByte(b, '\r') < 0 && bytes.IndexByte(b, 0) < 0 {
		return given(b)
	}
	return withLineFeeds(b)
}

// isPlain says whether the ASCII of a part stands in it as it is.
func isPlain(p *part) bool {
	enc := p.header.get("Content-Transfer-Encoding")
	return !hasPrefixFold(enc, "base64") && !hasPrefixFold(enc, "quoted-printable")
}

// decodeBase64 decodes what it can: line ends, stray characters, missing padding
// and text after the padding (footers that lists append) do no harm. A line that has
// spaces and other marks is a remark of a gateway.
func decodeBase64(s string) []byte {
	clean := make([]byte, 0, len(s))
	start := 0 // of the line, in clean
	spaced, marked := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '\n':
			if spaced && marked {
				clean = clean[:start]
			}
			start, spaced, marked = len(clean), false, false
		case c == ' ':
			spaced = spaced || len(clean) > start
		case c == '=' && (!spaced || s[i-1] != ' '):
			return unpadded(clean)
		case c != '!' && c != '\t':
			marked = true
			spaced = spaced || i+1 < len(s) && s[i+1] == ' '
		}
	}
	if spaced && marked {
		clean = clean[:start]
	}
	return unpadded(clean)
}

func unpadded(clean []byte) []byte {
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	n, _ := base64.RawStdEncoding.Decode(clean, clean)
	return clean[:n]
}

// decodeQuoted decodes quoted-printable (RFC 2045 section 6.7); what is not
// well-formed, raw bytes included, stays as it is.
func decodeQuoted(s string) []byte {
	out := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '=')
		if i < 0 {
			return append(out, s...)
		}
		out = append(out, s[:i]...)
		s = s[i+1:]
		soft := strings.TrimLeft(s, " \t")
		switch {
		case strings.HasPrefix(soft, "\n"):
			s = soft[1:]
		case len(s) >= 2 && unhex(s[0]) >= 0 && unhex(s[1]) >= 0:
			out = append(out, byte(unhex(s[0])<<4|unhex(s[1])))
			s = s[2:]
		case soft == "":
			return out
		default:
			out = append(out, '=')
		}
	}
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
