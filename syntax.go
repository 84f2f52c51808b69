package bouncehound

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// mailto begins a URI (RFC 6068), which is not the address it holds.
const mailto = "mailto:"

// IsAddress says whether a is one bare address, as people write it: something on both
// sides of an "@", a quoted local part if need be (RFC 5321 section 4.1.2). It may
// still break a rule, see [CheckAddress].
func IsAddress(a string) bool {
	at := strings.LastIndexByte(a, '@')
	if at < 1 || at == len(a)-1 || at >= len(mailto) && strings.EqualFold(a[:len(mailto)], mailto) {
		return false
	}
	for i := at + 1; i < len(a); i++ {
		switch a[i] {
		case ' ', '\t', '\r', '\n', '<', '>', '"', ',', ';', ':', '(', ')':
			if a[at+1] != '[' {
				return false
			}
		}
	}
	local := a[:at]
	if inner, ok := strings.CutPrefix(local, `"`); ok {
		return len(inner) > 1 && inner[len(inner)-1] == '"' && !strings.ContainsAny(inner, "\r\n")
	}
	for i := range len(local) {
		switch local[i] {
		case ' ', '\t', '\r', '\n', '<', '>', ',', ';', '"':
			return false
		}
	}
	return true
}

var (
	errNotAddress = errors.New("no address")
	errDots       = errors.New("a dot at the beginning, at the end, or after a dot")
	errNoTop      = errors.New("the domain has no dot in it")
)

// CheckAddress returns what in an address no mail server would take, nil if nothing:
// RFC 5321 sections 4.1.2 and 4.5.3.1, RFC 6531 for what is not ASCII.
func CheckAddress(a string) error {
	if !IsAddress(a) || !utf8.ValidString(a) {
		return errNotAddress
	}
	local, domain, _ := cutLast(a, "@")
	switch {
	case len(local) > 64:
		return fmt.Errorf("%d octets before the @, 64 are allowed", len(local))
	case local[0] == '"':
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return errDots
	default:
		for _, r := range local {
			if r <= ' ' || r == 0x7f || strings.ContainsRune(`()[]\:@`, r) {
				return fmt.Errorf("%q before the @", r)
			}
		}
	}
	return checkDomain(domain)
}

func checkDomain(domain string) error {
	if inner, ok := strings.CutPrefix(domain, "["); ok { // an address literal, RFC 5321 section 4.1.3
		inner, closed := strings.CutSuffix(inner, "]")
		if _, err := netip.ParseAddr(strings.TrimPrefix(inner, "IPv6:")); err != nil || !closed {
			return errors.New("no IP address in the brackets")
		}
		return nil
	}
	if domain[0] == '.' || strings.Contains(domain, "..") {
		return errDots
	}
	ascii := domainKey(domain)
	if !isASCII(ascii) {
		_, err := idna.Lookup.ToASCII(ascii)
		return fmt.Errorf("the domain: %w", err)
	}
	if len(ascii) > 253 {
		return fmt.Errorf("%d octets after the @, 253 are allowed", len(ascii))
	}
	labels := strings.Split(ascii, ".")
	for _, l := range labels {
		if len(l) > 63 {
			return fmt.Errorf("%d octets between two dots, 63 are allowed", len(l))
		}
		for i, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i == 0 || i == len(l)-1) {
				return fmt.Errorf("%q in the domain", c)
			}
		}
	}
	top := labels[len(labels)-1]
	if len(labels) < 2 {
		return errNoTop
	}
	if strings.Trim(top, "0123456789") == "" || len(top) < 2 {
		return fmt.Errorf("no domain ends in .%s", top)
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
