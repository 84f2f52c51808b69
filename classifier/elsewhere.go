package classifier

import (
	"bytes"
	"strings"

	"bouncehound"
)

// Where Postfix and Sendmail name the host that the name server did not know.
var unknownHost = [][]byte{
	[]byte("name service error for name="), // Postfix
	[]byte("(name server: "),               // Sendmail
}

// namesOtherHost says whether the host that was not found is another than the
// recipient's domain: the server that the domain's MX points to, a relay, the domain
// behind an alias. The domain itself may be as good as ever then. It is false where
// no recipient is known, neither from the report nor from the text.
func (q *query) namesOtherHost(r bouncehound.Recipient) bool {
	for _, lead := range unknownHost {
		_, rest, ok := bytes.Cut(q.text, lead)
		if !ok {
			continue
		}
		if stop := bytes.IndexAny(rest, " :;)"); stop >= 0 {
			rest = rest[:stop]
		}
		host := bytes.TrimRight(rest, ".")
		if len(host) == 0 || bytes.HasPrefix(host, []byte("xn--")) {
			return false // the address may be told in its other spelling
		}
		_, told := domainOf(r.Address)
		return (told || bytes.IndexByte(q.text, '@') >= 0) &&
			!hasDomain(r.Address, host) && !hasDomain(r.Final, host) &&
			!bytes.Contains(q.text, append([]byte("@"), host...))
	}
	return false
}

func domainOf(address string) (domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	return strings.TrimRight(address[at+1:], "."), at >= 0
}

func hasDomain(address string, host []byte) bool {
	domain, ok := domainOf(address)
	return ok && strings.EqualFold(domain, string(host))
}
