package classifier

import (
	"fmt"
	"net/netip"
	"strings"

	"bouncehound"
)

// Shape returns what diagnostics of one kind have in common: the text with
// addresses, hosts, IP addresses, URLs and numbers replaced by what they are. Codes
// that Codes reads stay, because they are part of the kind.
func Shape(diagnostic string) string {
	reply, status := bouncehound.Codes(diagnostic)
	return replaceNames(diagnostic, func(kind, token string) string {
		if kind == "number" && (token == status || token == fmt.Sprint(reply)) {
			return token
		}
		return "<" + kind + ">"
	})
}

// An Anonymiser replaces names so that a sample can be shared: each address, host and
// number by an invented one, the same by the same throughout. The zero value is
// ready for use.
type Anonymiser struct {
	given map[string]string // by kind and name
	count map[string]int    // by kind
}

// Text returns a diagnostic with its names replaced. Codes stay as they are.
func (a *Anonymiser) Text(diagnostic string) string {
	reply, status := bouncehound.Codes(diagnostic)
	return replaceNames(diagnostic, func(kind, token string) string {
		if kind == "number" && (token == status || token == fmt.Sprint(reply)) {
			return token
		}
		return a.name(kind, strings.ToLower(token))
	})
}

func (a *Anonymiser) name(kind, token string) string {
	if a.given == nil {
		a.given, a.count = map[string]string{}, map[string]int{}
	}
	key := kind + " " + token
	if name, ok := a.given[key]; ok {
		return name
	}
	a.count[kind]++
	n := a.count[kind]
	name := ""
	switch kind {
	case "address":
		name = fmt.Sprintf("user%d@example.com", n)
	case "host":
		name = fmt.Sprintf("host%d.example", n)
	case "ip":
		name = fmt.Sprintf("2001:db8::%x", n)
	case "url":
		name = fmt.Sprintf("https://www.example.com/%d", n)
	default:
		name = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '0' + (r-'0'+rune(n))%10
			}
			if r < 0x80 && isWordByte(byte(r)) && r != '_' {
				return 'x'
			}
			return r
		}, token)
	}
	a.given[key] = name
	return name
}

// replaceNames goes through the words of a text and lets replace say what stands
// instead of those that name something: kind is address, host, ip, url or number.
func replaceNames(s string, replace func(kind, token string) string) string {
	var b strings.Builder
	for pos := 0; pos < len(s); {
		start := pos
		for pos < len(s) && !breaksName(s[pos]) {
			pos++
		}
		if word := s[start:pos]; word != "" {
			trimmed := strings.TrimRight(word, ".,:;!?")
			if kind := nameKind(trimmed); kind != "" {
				b.WriteString(replace(kind, trimmed))
			} else {
				b.WriteString(trimmed)
			}
			b.WriteString(word[len(trimmed):])
		}
		for pos < len(s) && breaksName(s[pos]) {
			b.WriteByte(s[pos])
			pos++
		}
	}
	return b.String()
}

// breaksName says whether no name goes across c.
func breaksName(c byte) bool { return nameBreaks[c] }

var nameBreaks = func() (breaks [256]bool) {
	for c := range byte(' ' + 1) {
		breaks[c] = true
	}
	for _, c := range []byte(`<>()[]{}"',;|*` + "`") {
		breaks[c] = true
	}
	return breaks
}()

// nameKind says what a word names, "" if it is only a word.
func nameKind(word string) string {
	switch {
	case strings.Contains(word, "://"):
		return "url"
	case strings.IndexByte(word, '@') >= 0:
		return "address"
	}
	if _, err := netip.ParseAddr(word); err == nil {
		return "ip"
	}
	digits, letters := 0, 0
	for i := range len(word) {
		switch c := word[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	dot := strings.IndexByte(word, '.')
	switch {
	// A vendor's token (RESOLVER.ADR.RecipientNotFound) is the kind, not a name.
	case dot > 0 && dot < len(word)-1 && letters > 0 && strings.ToUpper(word[:dot]) != word[:dot]:
		return "host"
	case digits > 0:
		return "number"
	}
	return ""
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
}
