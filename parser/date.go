package parser

import (
	"net/mail"
	"strings"
	"time"
)

// readDate reads a date of RFC 5322 section 3.3 and what is met in its place:
// comments, obsolete zones, no seconds, no weekday, ISO 8601.
func readDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 200 {
		return time.Time{}, false
	}
	if t, err := mail.ParseDate(s); err == nil && plausible(t) {
		return t.UTC(), true
	}
	s = withoutComments(s)
	if _, after, ok := strings.Cut(s, ","); ok {
		s = after // a weekday, spelt in any language
	} else if len(s) > 4 && s[3] == ' ' && s[0] >= 'A' {
		s = s[4:]
	}
	s = strings.Join(strings.Fields(s), " ")
	// A zone by name is read as one by number: names are ambiguous to the library.
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		if zone, ok := zones[strings.ToUpper(s[i+1:])]; ok {
			s = s[:i+1] + zone
		}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && plausible(t) {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

var layouts = [...]string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 06 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04 -0700",
	"2 Jan 2006 15:04:05 -07:00", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04",
	"Jan 2 15:04:05 2006", "Jan 2 15:04:05 2006 -0700", "Jan 2 15:04:05 -0700 2006", "Jan 2 2006 15:04:05 -0700",
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
}

// zones of RFC 5322 section 4.3 and others in use; the library knows some.
var zones = map[string]string{
	"UT": "+0000", "GMT": "+0000", "UTC": "+0000", "Z": "+0000", "WET": "+0000", "BST": "+0100", "CET": "+0100", "MET": "+0100",
	"WEST": "+0100", "CEST": "+0200", "MEST": "+0200", "EET": "+0200", "EEST": "+0300", "MSK": "+0300",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"JST": "+0900", "KST": "+0900", "HKT": "+0800", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300", "BRT": "-0300",
}

// plausible keeps dates that SQL and JSON can hold and mail can have.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2200 }

// receivedDate returns the date of a Received field: what follows its last semicolon.
func receivedDate(v string) time.Time {
	i := strings.LastIndexByte(v, ';')
	if i < 0 {
		return time.Time{}
	}
	t, _ := readDate(v[i+1:])
	return t
}

// withoutComments takes comments in parentheses out, nested ones too.
func withoutComments(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return strings.TrimSpace(b.String())
}
