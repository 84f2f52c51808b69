package parser

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// toUTF8 converts text of the charset that label names, or of the one it seems to
// be in where the label is missing, unknown or plainly wrong. The result is valid UTF-8.
func toUTF8(s, label string) string {
	escaped := strings.IndexByte(s, 0x1b) >= 0 && (strings.Contains(s, "\x1b$") || strings.Contains(s, "\x1b("))
	label = strings.Trim(label, "'\" ")
	if !escaped && hasPrefixFold(label, "iso-2022-jp") && strings.Contains(s, "$B") && strings.Contains(s, "(B") {
		// QUIRK: relays that take out control characters take the escapes with them.
		s = strings.NewReplacer("$B", "\x1b$B", "(B", "\x1b(B").Replace(s)
		escaped = true
	}
	if isUTF7(label) {
		s = fromUTF7(s)
	}
	if !escaped && saysLittle(label) {
		if utf8.ValidString(s) {
			return s
		}
		label = guessCharset(s)
	} else if !escaped && isASCII(s) {
		return s // every charset in use in mail agrees on ASCII, but for UTF-16, which never is
	}
	if escaped {
		label = "iso-2022-jp" // announced or not: nothing else has such escapes
	}
	if known, err := htmlindex.Get(label); err == nil { // the usual ones, without the buffers of a reader
		if table, ok := known.(*charmap.Charmap); ok {
			if utf8.ValidString(s) {
				return s // QUIRK: programs put UTF-8 under the charset of their own words; other text hardly ever looks so
			}
			return decodeBytes(s, table)
		}
		if text, err := known.NewDecoder().String(s); err == nil {
			return strings.ToValidUTF8(text, "\uFFFD")
		}
	}
	r, err := charset.Reader(label, strings.NewReader(s))
	if err != nil { // no such charset
		if utf8.ValidString(s) {
			return s
		}
		if r, err = charset.Reader(guessCharset(s), strings.NewReader(s)); err != nil {
			return strings.ToValidUTF8(s, "\uFFFD")
		}
	}
	b, err := io.ReadAll(r)
	if err != nil && len(b) == 0 {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// saysLittle says whether text under a label may well be UTF-8 or ASCII. QUIRK: "uft-8" is
// how one maker of newsletters spelt it for years.
func saysLittle(label string) bool {
	switch {
	case label == "", hasPrefixFold(label, "utf"), hasPrefixFold(label, "uft"), hasPrefixFold(label, "us-ascii"), hasPrefixFold(label, "ascii"),
		hasPrefixFold(label, "unicode"), hasPrefixFold(label, "unknown"), hasPrefixFold(label, "8bit"), hasPrefixFold(label, "7bit"),
		hasPrefixFold(label, "ansi_x3"), hasPrefixFold(label, "iso646"), hasPrefixFold(label, "x-u"), hasPrefixFold(label, "binary"), hasPrefixFold(label, "default"):
		return true
	}
	return false
}

// guessCharset guesses an eight-bit charset. Runs of high bytes are words of a
// script other than Latin: Cyrillic, whose lower-case letters lie at 0xC0 in
// KOI8-R and at 0xE0 in windows-1251. Single ones are accents.
func guessCharset(s string) string {
	run, longest, koi, win := 0, 0, 0, 0
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			run = 0
			continue
		} else if c >= 0xe0 {
			win++
		} else if c >= 0xc0 {
			koi++
		}
		run++
		longest = max(longest, run)
	}
	switch {
	case longest < 4:
		return "windows-1252"
	case koi > win:
		return "koi8-r"
	}
	return "windows-1251"
}

// decodeBytes decodes text of an eight-bit charset.
func decodeBytes(s string, table *charmap.Charmap) string {
	b := make([]byte, 0, len(s)+len(s)/8+utf8.UTFMax)
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			b = append(b, c)
		} else {
			b = utf8.AppendRune(b, table.DecodeByte(c))
		}
	}
	return given(b)
}

func isASCII(s string) bool {
	for len(s) >= 8 {
		// Eight bytes at a time; the compiler makes one load of them.
		if (uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)&0x8080808080808080 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// oneLine returns s on one line: white space collapsed, control characters left out,
// valid UTF-8, at most limit bytes.
func oneLine(s string, limit int) string {
	if isOneLine(s) && len(s) <= limit {
		return s
	}
	if len(s) > 4*limit {
		s = s[:4*limit] // bounds the work; white space seldom makes up more
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	b := make([]byte, 0, min(len(s), limit))
	space := false
	for _, c := range s {
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == '\u00a0' || c == '\u0085' || c == '\u2028' || c == '\u2029':
			space = len(b) > 0
			continue
		case c < 32, c >= 0x7f && c < 0xa0, c == '\u200b', c == '\ufeff', isUnseen(c):
			continue
		}
		if space {
			b = append(b, ' ')
			space = false
		}
		if len(b)+utf8.RuneLen(c) > limit {
			break
		}
		b = utf8.AppendRune(b, c)
	}
	return strings.TrimRight(string(b), " ")
}

// isUnseen says whether a character only turns text around (Unicode's Bidi_Control), or is a
// tag or a note that nobody sees: what it hides is not what it says.
func isUnseen(c rune) bool {
	return c == '\u061c' || c >= '\u200e' && c <= '\u200f' || c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069' ||
		c >= '\ufff9' && c <= '\ufffb' || c >= '\U000e0000' && c <= '\U000e007f'
}

// isOneLine says whether s is plain ASCII with single inner spaces.
func isOneLine(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < 32 || c >= 0x7f || c == ' ' && s[i-1] == ' ' {
			return false
		}
	}
	return true
}
