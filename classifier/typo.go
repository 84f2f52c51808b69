package classifier

import (
	"fmt"
	"slices"
	"strings"

	"bouncehound"
)

// knownDomains are domains of mailbox providers that people often write to and
// often misspell.
var knownDomains = []string{
	"gmail.com", "googlemail.com", "hotmail.com", "hotmail.fr", "hotmail.co.uk", "hotmail.it", "hotmail.es", "outlook.com",
	"live.com", "msn.com", "email.com", "inbox.com", "rocketmail.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.com.br", "ymail.com", "aol.com",
	"icloud.com", "me.com", "mac.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de",
	"orange.fr", "wanadoo.fr", "laposte.net", "free.fr", "libero.it", "virgilio.it", "tiscali.it", "bol.com.br",
	"uol.com.br", "terra.com.br", "comcast.net", "verizon.net", "sbcglobal.net", "bellsouth.net", "btinternet.com",
	"mail.ru", "yandex.ru", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "qq.com", "163.com", "126.com", "naver.com",
	"hanmail.net", "daum.net", "proton.me", "protonmail.com", "fastmail.com", "zoho.com", "wp.pl", "o2.pl", "onet.pl",
	"interia.pl", "seznam.cz", "centrum.cz", "ziggo.nl", "kpnmail.nl", "telenet.be", "skynet.be", "bluewin.ch", "gmx.com",
	"mail.com", "rediffmail.com", "live.nl", "live.fr", "live.co.uk", "outlook.fr", "outlook.de", "hotmail.de", "hotmail.nl",
}

// didYouMean returns a sentence that asks whether the address has a typing error in
// its domain, for the failures that a typing error explains; "" if it looks right.
func didYouMean(address string, reason bouncehound.Reason) string {
	switch reason {
	case bouncehound.UserUnknown, bouncehound.DomainNotFound, bouncehound.DomainUnreachable,
		bouncehound.ConnectionFailed, bouncehound.Expired:
	default:
		return ""
	}
	meant := Meant(address)
	if meant == "" {
		return ""
	}
	return fmt.Sprintf("Did you mean %s? The domain %s looks like a typing error.", meant, bouncehound.Domain(address))
}

// Meant returns the address that was probably meant by one whose domain looks like a
// typing error; "" if it looks right.
func Meant(address string) string {
	meant := knownDomain(bouncehound.Domain(address))
	if meant == "" {
		return ""
	}
	return address[:strings.LastIndexByte(address, '@')+1] + meant
}

// knownDomain returns the known domain that domain is one letter away from, "" if
// it is known itself, is too short to tell or is near none.
func knownDomain(domain string) string {
	if len(domain) < 7 || slices.Contains(knownDomains, domain) {
		return ""
	}
	for _, k := range knownDomains {
		// A short name has too many honest neighbours.
		if len(k) < 8 || len(domain)-len(k) > 1 || len(k)-len(domain) > 1 {
			continue
		}
		if oneLetterOff(domain, k) && likelyEnding(domain, k) {
			return k
		}
	}
	return ""
}

// likelyEnding says whether domain ends as the known one does, or as people mistype
// .com. Providers have the same name in many countries: yahoo.ie is no slip of
// yahoo.de.
func likelyEnding(domain, known string) bool {
	end, knownEnd := domain[strings.LastIndexByte(domain, '.')+1:], known[strings.LastIndexByte(known, '.')+1:]
	return end == knownEnd || knownEnd == "com" && slices.Contains([]string{"co", "cm", "om", "con", "cmo", "ocm", "comm", "vom", "xom", "cpm"}, end)
}

// oneLetterOff says whether b can be made of a by putting in, leaving out or
// replacing one letter, or by exchanging two neighbours. The two must differ.
func oneLetterOff(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	if len(a) > len(b) {
		return a[i+1:] == b[i:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
