package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanAddress returns the address in a field value: "<lena@Example.com>",
// "Lena <lena@example.com>", "lena@example.com (Lena)", "'lena@example.com'".
// It is "" where there is none. A bare local part is an address of the reporting
// host, but we don't know its name: that is none. A control character makes an
// address unreadable: what stands behind it would be somebody else's.
func cleanAddress(s string) string {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
			return ""
		}
	}
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
	for s != "" && isAroundAddress(s[0]) {
		s = s[1:]
	}
	for s != "" && isAroundAddress(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if !strings.Contains(s, `"@`) {
		s = strings.Trim(s, `" `)
	}
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
		if isDotAtom(local[1 : len(local)-1]) {
			local = local[1 : len(local)-1] // quotes that say nothing, RFC 5321 section 4.1.2
		}
	} else if i := strings.IndexFunc(local[plainLength(local):], func(c rune) bool {
		return c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '(' || c == ')' || c == ',' || c == ';' || c == ':' || c == '"' || c >= 0x80 && c < 0xa0 || c == utf8.RuneError
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

// plainLength returns how many bytes at the beginning of s may stand in any local part.
func plainLength(s string) int {
	n := 0
	for n < len(s) && isAtext(s[n]) {
		n++
	}
	return n
}

func isAroundAddress(c byte) bool {
	switch c {
	case ' ', '\t', '\'', '`', ',', ';', '<', '>':
		return true
	}
	return false
}

func isDotAtom(s string) bool {
	for i := range len(s) {
		if !isAtext(s[i]) || s[i] == '.' && (i == 0 || i == len(s)-1 || s[i-1] == '.') {
			return false
		}
	}
	return s != ""
}

func isDomain(s string) bool {
	if s[0] == '[' {
		return len(s) > 2 && s[len(s)-1] == ']' && !strings.ContainsFunc(s[1:len(s)-1], func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("<>[]@\"", c) })
	}
	if s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '-' && c != '.' && c != '_' && c != '#' && c < 0x80 {
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
// there is none. Outside brackets only ASCII and the letters of alphabets count: in
// scripts without spaces the words around an address would be taken for a part of it.
func findAddress(s string) (address string, end int) {
	for from := 0; from < len(s); {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return "", 0
		}
		at := from + i
		start := localStart(s, from, at)
		end = domainEnd(s, at+1)
		if a := bracketed(s, at); a != "" && (start > 0 && s[start-1] >= 0x80 || end < len(s) && s[end] >= 0x80) {
			return a, at + strings.IndexByte(s[at:], '>') + 1
		}
		candidate := strings.TrimLeft(strings.TrimRight(s[start:end], ".-_"), ".'`*=/|{}-#!?")
		candidate = withoutKey(candidate)
		dom := strings.LastIndexByte(candidate, '@')
		if dom > 0 && (strings.IndexByte(candidate[dom:], '.') > 0 || strings.HasPrefix(candidate[dom:], "@[")) {
			if a := tidyAddress(candidate); a != "" {
				return a, end
			}
		}
		from = max(at+1, end)
	}
	return "", 0
}

// withoutKey returns what logs and lists of fields give an address by: "to=lena@example.com",
// "recipient=lena@example.com".
func withoutKey(s string) string {
	if key := addressKeys.begin(s); key != "" && strings.IndexByte(s[len(key):], '@') > 0 {
		return s[len(key):]
	}
	return strings.TrimPrefix(s, "to=")
}

var addressKeys = newPhrases("recipient=", "rcpt=", "rcptto=", "rcpt_to=", "orig_to=", "email=", "address=", "addr=", "final_recipient=", "original_recipient=", "envelope_to=")

// localStart returns where the local part before the @ at begins.
func localStart(s string, from, at int) int {
	if at > from && s[at-1] == '"' {
		low := max(from, at-66)
		if open := strings.LastIndexByte(s[low:at-1], '"'); open >= 0 {
			return low + open
		}
	}
	start := at
	for start > from && at-start < 300 {
		if isAtext(s[start-1]) {
			start--
			continue
		}
		c, size := utf8.DecodeLastRuneInString(s[from:start])
		if !isAlphabetic(c) {
			break
		}
		start -= size
	}
	return start
}

// domainEnd returns where the domain that begins at start ends.
func domainEnd(s string, start int) int {
	end := start
	if end < len(s) && s[end] == '[' {
		if i := strings.IndexByte(s[end:min(len(s), end+48)], ']'); i > 0 {
			return end + i + 1
		}
		return end
	}
	for end < len(s) && end-start < 300 {
		if c := s[end]; isAlnum(c) || c == '-' || c == '.' || c == '_' {
			end++
			continue
		}
		c, size := utf8.DecodeRuneInString(s[end:])
		if !isAlphabetic(c) {
			break
		}
		end += size
	}
	return end
}

// isAlphabetic says whether c is a letter beyond ASCII of a script that sets spaces
// between words.
func isAlphabetic(c rune) bool {
	return c >= 0xaa && c < 0x600 && (unicode.IsLetter(c) || unicode.Is(unicode.Mn, c))
}

// bracketed returns the address in angle brackets around the @ at, if there is one.
func bracketed(s string, at int) string {
	low := max(0, at-130)
	open := strings.LastIndexByte(s[low:at], '<')
	if open < 0 {
		return ""
	}
	end := strings.IndexByte(s[at:min(len(s), at+260)], '>')
	if end < 0 {
		return ""
	}
	return tidyAddress(s[low+open+1 : at+end])
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
	var seen map[string]bool
	for list != "" && len(found) < limit {
		a, end := findAddress(list)
		if end == 0 {
			break
		}
		list = list[end:]
		if len(found) < 16 {
			if !holds(found, a) {
				found = append(found, a)
			}
			continue
		}
		if seen == nil { // of many, each is not compared with all
			seen = make(map[string]bool)
			for _, f := range found {
				seen[strings.ToLower(f)] = true
			}
		}
		if k := strings.ToLower(a); !seen[k] {
			seen[k] = true
			found = append(found, a)
		}
	}
	return found
}
