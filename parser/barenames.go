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
// or with the reason in a column of its own, as phquery did, which looked up names for
// universities in the directories of the nineties (ph, CSO nameserver):
//
//	--------Message not delivered to the following:
//
//	 lena.meyer    No matches to nameserver query
//
// The domain is that of the address with this local part that the returned message went
// to or came by, else that of the daemon, if that is no host of it.
func (m *message) bareNames(text string, action bouncehound.Action, sent []string) (recs []bouncehound.Recipient) {
	domain := bouncehound.Domain(cleanAddress(m.header().get("From")))
	if strings.Count(domain, ".") != 1 {
		domain = ""
	}
	if len(m.returnedHeader()) > 0 {
		sent = append(sent[:len(sent):len(sent)], m.cameBy()...)
	}
	listed := false
	for line := range strings.SplitSeq(text, "\n") {
		name, reason := columns(strings.TrimSpace(line))
		if user, ok := concludedOf(line); ok { // only the letter can tell where
			if a := completed(user, "", sent); a != "" {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a, Diagnostic: strings.TrimSpace(line)})
			}
			continue
		}
		switch {
		case name == "":
		case listed && namedIn(sent, line) != "" && tellsFailure(line):
			recs = append(recs, bouncehound.Recipient{Action: action, Address: namedIn(sent, line), Diagnostic: strings.TrimSpace(line)})
		case strings.HasSuffix(name, ":"):
			listed = tellsFailure(name)
		case !listed || !isBareName(name) || indentOf(line) == 0:
			listed = false
		default:
			at := domain
			if reason != "" {
				at = "" // tables hold much besides names
			}
			if a := completed(name, at, sent); a != "" {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a, Diagnostic: reason})
			}
		}
		if len(recs) >= 50 {
			break
		}
	}
	return recs
}

// namedIn returns whose local part a line begins with: "lena is not a known user".
func namedIn(sent []string, line string) string {
	name, _, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok || !isBareName(name) {
		return ""
	}
	return completed(name, "", sent)
}

// columns cuts a line at a wide gap.
func columns(line string) (first, second string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 || line[i] == ' ' && line[i+1] != ' ' && line[i+1] != '\t' {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}

// concludedOf returns whom a line of a transcript tells of as sendmail's first releases did,
// which knew their users without a domain: "550 lena... User unknown".
func concludedOf(line string) (name string, ok bool) {
	if !startsReply(strings.TrimSpace(line)) {
		return "", false
	}
	name, _, ok = strings.Cut(strings.TrimSpace(line)[4:], "... ")
	return name, ok && isBareName(name)
}

// cameBy returns the addresses that servers took the returned message for.
func (m *message) cameBy() (found []string) {
	h := m.returnedHeader()
	for i := range h {
		if !strings.EqualFold(h[i].name, "Received") {
			continue
		}
		if _, after, ok := strings.Cut(h[i].value, "for <"); ok && len(found) < 20 {
			if a, _ := findAddress(after); a != "" {
				found = append(found, a)
			}
		}
	}
	return found
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
