package notify

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// address is anything like an address: answers may quote the event, and what they
// say goes to logs.
var address = regexp.MustCompile(`[^\s"<>(),:;=\[\]{}]+(@|%40)[^\s"<>(),:;=\[\]{}]+`)

// escape is an octet or a letter as JSON may write it (RFC 8259 section 7): .NET does so
// with "+", PHP with "/", which secrets have in them, and some with "@".
var escape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|/)`)

// fit makes a text of the endpoint or of the HTTP client fit to be stored and read: at
// most so many characters on one line, and nothing hidden only in part. So it hides
// before it cuts, and looks at a little only of what it hid in.
func (s *Sender) fit(text string, most int) string {
	text = escape.ReplaceAllStringFunc(strings.ToValidUTF8(text, ""), func(e string) string {
		if e == `\/` {
			return "/"
		}
		code, _ := strconv.ParseUint(e[2:], 16, 16)
		return string(rune(code))
	})
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, text)
	text = address.ReplaceAllString(s.conceal.Replace(text), "[address]")
	text = strings.ToValidUTF8(text[:min(len(text), maxAnswer/8)], "")
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
