package parser

import (
	"html"
	"strings"
)

// htmlText returns the words of an HTML part: tags left out, a line for each
// block and row, entities decoded, white space collapsed. It is no HTML parser;
// reports are written by programs, and badly.
func htmlText(s string) string {
	var b strings.Builder
	b.Grow(len(s) / 2)
	space := true // the text so far ends in white space
	word := func(t string) {
		for i := range len(t) {
			switch c := t[i]; c {
			case ' ', '\t', '\n', '\r', '\f':
				if !space {
					b.WriteByte(' ')
					space = true
				}
			default:
				b.WriteByte(c)
				space = false
			}
		}
	}
	pre := 0
	closed := len(s) - strings.LastIndexByte(s, '>') // bytes from the last ">" on: no tag begins there
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		if pre > 0 {
			b.WriteString(s[:i])
		} else {
			word(s[:i])
		}
		if s = s[i:]; s == "" {
			break
		}
		if strings.HasPrefix(s, "<!--") {
			_, s, _ = strings.Cut(s[4:], "-->")
			continue
		}
		name, closing := tagName(s)
		if name == "" || len(s) < closed { // a bare "<", or an address in brackets that nobody escaped
			if pre > 0 {
				b.WriteByte('<')
			} else {
				word("<")
			}
			s = s[1:]
			continue
		}
		_, s, _ = strings.Cut(s, ">")
		switch name {
		case "style", "script", "title", "head":
			if !closing && name != "head" {
				end := indexFold(s, "</"+name)
				if end < 0 {
					end = len(s)
				}
				s = s[end:]
			}
		case "pre":
			if closing {
				pre = max(0, pre-1)
			} else {
				pre++
			}
			b.WriteByte('\n')
			space = true
		case "br", "tr", "div", "li", "hr", "dt", "dd":
			b.WriteByte('\n')
			space = true
		case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "tbody":
			b.WriteString("\n\n")
			space = true
		case "td", "th":
			word(" ")
		}
	}
	text := b.String()
	if strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	return strings.ReplaceAll(text, "\u00a0", " ")
}

// tagName returns the name of the tag that s begins with, in lower case, "" if it begins
// with none.
func tagName(s string) (name string, closing bool) {
	s = s[1:]
	if strings.HasPrefix(s, "/") {
		s, closing = s[1:], true
	}
	if strings.HasPrefix(s, "!") || strings.HasPrefix(s, "?") {
		return "!", closing
	}
	i := 0
	for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == ':' || s[i] == '-')) {
		i++
	}
	if i == 0 || i > 20 || i < len(s) && !strings.ContainsRune(" \t\n\r>/", rune(s[i])) {
		return "", closing
	}
	return strings.ToLower(s[:i]), closing
}
