package parser

import (
	"strings"
	"unicode/utf8"
)

// cleanAddress returns the address in a field value: "<lena@Example.com>",
// "Lena <lena@example.com>", "lena@example.com (Lena)", "'lena@example.com'".
// It is "" where there is none. A bare local part is an address of the reporting
// host, but we don't know its name: that is none.
func cleanAddress(s string) string {
	s = strings.TrimSpace(s)
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		inner := s[open+1:]
		if end := strings.IndexByte(inner, '>'); end >= 0 {
			inner = inner[:end]
		}
		if a := tidyAddress(inner); a != "" {
			return a
		}
		s = s[:open]
	}
	if a := tidyAddress(s); a != "" {
		return a
	}
	a, _ := findAddress(s)
	return a
}

// tidyAddress returns s as an address if it is one and nothing else.
func tidyAddress(s string) string {
	s = strings.Trim(s, " \t\"'`,;<>")
	if strings.HasPrefix(s, "@") { // a source route, RFC 5321 section 4.1.1.3
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	s = strings.TrimPrefix(s, "mailto:")
	s = strings.TrimPrefix(s, "SMTP:")
	s = strings.TrimPrefix(s, "smtp:")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > 512 || !utf8.ValidString(s) {
		return ""
	}
	local, domain := s[:at], strings.TrimRight(s[at+1:], ".")
	if domain == "" || !isDomain(domain) {
		return ""
	}
	if local[0] == '"' {
		if len(local) < 3 || local[len(local)-1] != '"' {
			return ""
		}
	} else if i := strings.IndexFunc(local, func(c rune) bool {
		return c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '(' || c == ')' || c == ',' || c == ';' || c == ':' || c == '"' || c == '\\' && false || c >= 0x80 && c < 0xa0 || c == utf8.RuneError
	}); i >= 0 {
		return ""
	}
	for i := range len(local) {
		if local[i] < ' ' || local[i] == 0x7f {
			return ""
		}
	}
	return local + "@" + strings.ToLower(domain)
}

func isDomain(s string) bool {
	if s[0] == '[' {
		return len(s) > 2 && s[len(s)-1] == ']' && !strings.ContainsAny(s[1:len(s)-1], " <>[]@\"\t\n")
	}
	if s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '-' && c != '.' && c != '_' && c < 0x80 {
			return false
		}
	}
	for _, c := range s {
		if c == utf8.RuneError || c >= 0x80 && c <= 0xa0 || c == '\u3000' {
			return false
		}
	}
	return !strings.Contains(s, "..")
}

// findAddress returns the first address in a text and where it ends; end is 0 if
// there is none. Outside brackets only ASCII counts: in scripts without spaces the
// words around an address would be taken for a part of it.
func findAddress(s string) (address string, end int) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return "", 0
		}
		at := from + i
		start := at
		if at > 0 && s[at-1] == '"' {
			if open := strings.LastIndexByte(s[max(0, at-66):at-1], '"'); open >= 0 {
				start = max(0, at-66) + open
			}
		}
		if start == at {
			for start > from && isAtext(s[start-1]) {
				start--
			}
		}
		end = at + 1
		if end < len(s) && s[end] == '[' {
			if j := strings.IndexByte(s[end:min(len(s), end+48)], ']'); j > 0 {
				end += j + 1
			}
		} else {
			for end < len(s) && (isAlnum(s[end]) || s[end] == '-' || s[end] == '.' || s[end] == '_') {
				end++
			}
		}
		if end < len(s) && s[end] >= 0x80 || start > 0 && s[start-1] >= 0x80 {
			if open := strings.LastIndexByte(s[max(0, at-130):at], '<'); open >= 0 {
				open += max(0, at-130)
				if j := strings.IndexByte(s[at:min(len(s), at+260)], '>'); j > 0 {
					if a := tidyAddress(s[open+1 : at+j]); a != "" {
						return a, at + j + 1
					}
				}
			}
		}
		candidate := strings.TrimLeft(strings.TrimRight(s[start:end], ".-_"), ".'`*=/|{}-#!?")
		candidate = strings.TrimPrefix(candidate, "to=")
		if dom := strings.LastIndexByte(candidate, '@'); dom > 0 && strings.IndexByte(candidate[dom:], '.') > 0 || dom > 0 && dom+1 < len(candidate) && candidate[dom+1] == '[' {
			if a := tidyAddress(candidate); a != "" {
				return a, end
			}
		}
		from = max(at+1, end)
		if from >= len(s) {
			return "", 0
		}
	}
}

func isAlnum(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

func isAtext(c byte) bool {
	if isAlnum(c) {
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '/', '=', '?', '^', '_', '`', '{', '|', '}', '~', '.':
		return true
	}
	return false
}

// addresses returns the distinct addresses of an address list such as a To field, at most limit.
func addresses(list string, limit int) (found []string) {
	for list != "" && len(found) < limit {
		a, end := findAddress(list)
		if end == 0 {
			break
		}
		list = list[end:]
		repeated := false
		for _, f := range found {
			repeated = repeated || strings.EqualFold(f, a)
		}
		if !repeated {
			found = append(found, a)
		}
	}
	return found
}
