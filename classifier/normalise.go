package classifier

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalise appends text to dst as the rules compare it: lower case, NFC, every
// run of any kind of space one space, quotation marks and dashes as in ASCII, no
// marks of direction, and without the codes that continuation lines of a reply
// (RFC 5321 section 4.2.1) leave in the middle of a sentence. reply is the reply
// code of the diagnostic, 0 if it has none.
func normalise(dst []byte, text string, reply int) []byte {
	code := ""
	if reply >= 100 && reply <= 999 {
		code = strconv.Itoa(reply)
	}
	ascii, told := true, code == "" || strings.HasPrefix(text, code)
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch {
			case c == ' ' || c >= '\t' && c <= '\r':
				dst = appendSpace(dst)
				i++
				continue
			case c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			case c >= '4' && c <= '5' && len(dst) > 0 && dst[len(dst)-1] == ' ' && code != "":
				if n := continuation(text[i:], code); n > 0 && told {
					i += n
					continue
				} else if n > 0 {
					told = true
				}
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch folded := fold(r); folded {
		case -1:
		case ' ':
			dst = appendSpace(dst)
		default:
			ascii = ascii && folded < utf8.RuneSelf
			dst = utf8.AppendRune(dst, folded)
		}
	}
	if !ascii && !norm.NFC.IsNormal(dst) {
		dst = norm.NFC.Bytes(dst)
	}
	if n := len(dst); n > 0 && dst[n-1] == ' ' {
		dst = dst[:n-1]
	}
	return dst
}

func appendSpace(dst []byte) []byte {
	if len(dst) == 0 || dst[len(dst)-1] == ' ' {
		return dst
	}
	return append(dst, ' ')
}

// fold returns what a rune beyond ASCII is compared as, -1 for nothing.
func fold(r rune) rune {
	switch r {
	case '\u2018', '\u2019', '\u201b', '\u2032', '\u00b4':
		return '\''
	case '\u201c', '\u201d', '\u201e', '\u00ab', '\u00bb':
		return '"'
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		return '-'
	case '\u00ad', '\ufeff', '\u061c':
		return -1
	}
	switch {
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2069':
		return -1
	case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
		return ' '
	}
	return unicode.ToLower(r)
}

// continuation returns the length of what a further line of a reply begins with:
// "550-5.7.26 ", "550 5.7.26 " or "550-", with the reply code of the first.
func continuation(s, code string) int {
	if len(s) < 5 || s[:3] != code || s[3] != '-' && s[3] != ' ' {
		return 0
	}
	if n := statusLen(s[4:]); n > 0 {
		n += 4
		if n < len(s) && s[n] == ' ' {
			n++
		}
		return n
	}
	if s[3] == '-' && (s[4]|0x20 >= 'a' && s[4]|0x20 <= 'z') {
		return 4
	}
	return 0
}

// statusLen returns the length of the enhanced status code that s begins with.
func statusLen(s string) int {
	i, dots := 0, 0
	for i < len(s) && (s[i] == '.' || s[i] >= '0' && s[i] <= '9') {
		if s[i] == '.' {
			dots++
		}
		i++
	}
	if dots != 2 || i < 5 || s[i-1] == '.' {
		return 0
	}
	return i
}
