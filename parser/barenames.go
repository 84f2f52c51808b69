package parser

import (
	"strings"

	"bouncehound"
)

// bareNames reads lists of users without their domain, as servers of one domain
// told them: AOL's for years, GroupWise's to this day.
//
//	Your mail to the following recipients could not be delivered:
//		lena
//
// The domain is that of the address with this local part that the returned message went
// to, else that of the daemon, if that is no host of it.
func (m *message) bareNames(text string, action bouncehound.Action, sent []string) (recs []bouncehound.Recipient) {
	domain := bouncehound.Domain(cleanAddress(m.header().get("From")))
	if strings.Count(domain, ".") != 1 {
		domain = ""
	}
	listed := false
	for line := range strings.SplitSeq(text, "\n") {
		name := strings.TrimSpace(line)
		switch {
		case name == "":
		case strings.HasSuffix(name, ":"):
			listed = tellsFailure(name)
		case !listed || !isBareName(name) || len(line) == len(name):
			listed = false
		default:
			if a := completed(name, domain, sent); a != "" {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
			}
		}
		if len(recs) >= 50 {
			break
		}
	}
	return recs
}

// completed returns the address of a user by his local part, "" if it is not known.
func completed(name, domain string, sent []string) string {
	for _, a := range sent {
		if local, _, _ := strings.Cut(a, "@"); strings.EqualFold(local, name) {
			return a
		}
	}
	if domain == "" || len(sent) > 0 {
		return ""
	}
	return tidyAddress(name + "@" + domain)
}

// isBareName says whether s can be a local part and is no number.
func isBareName(s string) bool {
	return isDotAtom(s) && len(s) > 1 && len(s) <= 64 && !isDigits(s)
}
