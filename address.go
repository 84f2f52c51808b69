package bouncehound

import (
	"strings"

	"golang.org/x/net/idna"
)

// Key returns what two spellings of one address have in common: the local part in
// lower case, the domain in lower case and as A-labels (RFC 5890). It is for
// comparing and looking up, never for sending to.
func Key(address string) string {
	if isKey(address) {
		return address // nearly always
	}
	local, domain, ok := cutLast(address, "@")
	if !ok {
		return strings.ToLower(address)
	}
	return strings.ToLower(local) + "@" + domainKey(domain)
}

// isKey says whether an address is plainly its own key: no letter of it would change.
func isKey(address string) bool {
	for i := range len(address) {
		if c := address[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return address == "" || address[len(address)-1] != '.'
}

// Domain returns the key of the domain of an address, and "" for an address
// without one.
func Domain(address string) string {
	_, domain, _ := cutLast(address, "@")
	return domainKey(domain)
}

// DomainInUnicode returns the domain of an address in lower case and as people read it
// (U-labels, RFC 5890), and as it is where it can't be.
func DomainInUnicode(address string) string {
	domain := Domain(address)
	if readable, err := idna.Display.ToUnicode(domain); err == nil {
		return readable
	}
	return domain
}

func domainKey(domain string) string {
	domain = strings.TrimRight(strings.ToLower(domain), ".")
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			// A domain that IDNA refuses still has to be the same as itself.
			if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
				return strings.TrimRight(ascii, ".") // what stood behind the last dot may be nothing: a soft hyphen
			}
			break
		}
	}
	return domain
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
