package parser

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// isUTF7 says whether a charset is UTF-7 (RFC 2152), which Exchange and Outlook of old wrote
// under this name and under that of its first edition, "unicode-1-1-utf-7".
func isUTF7(label string) bool {
	return len(label) >= 5 && len(label) < 24 && (strings.EqualFold(label[len(label)-5:], "utf-7") || strings.EqualFold(label[len(label)-4:], "utf7"))
}

// fromUTF7 decodes UTF-7; what is not well-formed stays as it is.
func fromUTF7(s string) string {
	if strings.IndexByte(s, '+') < 0 {
		return s
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "+")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		end := 0
		for end < len(after) && (isAlnum(after[end]) || after[end] == '+' || after[end] == '/') {
			end++
		}
		units, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(after[:end], "+"))
		closed := end < len(after) && after[end] == '-'
		switch {
		case end == 0 && closed:
			b.WriteByte('+')
		case err != nil || len(units) < 2:
			b.WriteString("+" + after[:end])
			closed = false
		default:
			text := make([]uint16, 0, len(units)/2)
			for i := 0; i+1 < len(units); i += 2 {
				text = append(text, uint16(units[i])<<8|uint16(units[i+1]))
			}
			b.WriteString(string(utf16.Decode(text)))
		}
		if closed {
			end++
		}
		s = after[end:]
	}
}
