package parser

import "strings"

// unwrapAddress undoes what relays wrap around a sender's or recipient's address.
//
//	SRS0=HHH=TT=example.com=lena@relay.example                     → lena@example.com
//	SRS1=HHH=first.example==HHH=TT=example.com=lena@relay.example   → lena@example.com
//	prvs=0123456789=lena@example.com (BATV, draft-levine-smtp-batv) → lena@example.com
//	btv1==0123==lena@example.com (Barracuda's BATV)                 → lena@example.com
func unwrapAddress(a string) string {
	at := strings.LastIndexByte(a, '@')
	if at < 5 {
		return a
	}
	local, domain := a[:at], a[at:]
	switch {
	case hasPrefixFold(local, "SRS0") && strings.ContainsRune("=+-", rune(local[4])):
		// hash, time stamp, domain, local part; the local part may hold "=" itself.
		if f := strings.SplitN(local[5:], "=", 4); len(f) == 4 {
			return rewrapped(f[3], f[2], a)
		}
	case hasPrefixFold(local, "SRS1") && strings.ContainsRune("=+-", rune(local[4])):
		if _, inner, ok := strings.Cut(local[5:], "=="); ok {
			if f := strings.SplitN(inner, "=", 4); len(f) == 4 {
				return rewrapped(f[3], f[2], a)
			}
		}
	case hasPrefixFold(local, "prvs="), hasPrefixFold(local, "msprvs1="):
		if f := strings.SplitN(local, "=", 3); len(f) == 3 && f[2] != "" {
			return f[2] + domain
		}
	case hasPrefixFold(local, "btv1=="):
		if f := strings.SplitN(local, "==", 3); len(f) == 3 && f[2] != "" {
			return f[2] + domain
		}
	}
	return a
}

func rewrapped(local, domain, otherwise string) string {
	if a := tidyAddress(local + "@" + domain); a != "" {
		return a
	}
	return otherwise
}

// verpToken returns what stands at the place of {token} in address, "" if address
// does not fit the pattern.
func verpToken(pattern, address string) string {
	before, after, ok := strings.Cut(pattern, "{token}")
	if !ok || len(address) <= len(before)+len(after) ||
		!hasPrefixFold(address, before) || !strings.EqualFold(address[len(address)-len(after):], after) {
		return ""
	}
	return address[len(before) : len(address)-len(after)]
}

// verpAddress reads a VERP token as the address it encodes: "lena=example.com", as
// Bernstein's VERP writes it. A token that is a number or a key is none.
func verpAddress(token string) string {
	i := strings.LastIndexByte(token, '=')
	if i <= 0 || strings.IndexByte(token[i:], '.') < 0 {
		return ""
	}
	return tidyAddress(token[:i] + "@" + token[i+1:])
}
