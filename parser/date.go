package parser

import (
	"strings"
	"time"
)

// readDate reads a date of RFC 5322 section 3.3 and what is met in its place: comments,
// obsolete zones, two-digit years, missing seconds and weekdays, month before day,
// ISO 8601. It goes by what each word looks like; a date without a zone is taken as UTC.
func readDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 200 {
		return time.Time{}, false
	}
	if len(s) > 10 && s[4] == '-' && s[7] == '-' && (s[10] == 'T' || s[10] == ' ') {
		return isoDate(s)
	}
	s = withoutComments(s)
	d := date{year: -1, zone: noZone}
	for s != "" {
		end := 0
		for end < len(s) && s[end] != ' ' && s[end] != ',' && s[end] != '\t' {
			end++
		}
		if end > 0 {
			d.take(s[:end])
		}
		s = s[min(end+1, len(s)):]
	}
	return d.time()
}

const noZone = 1 << 20

// A date is what has been read of one.
type date struct {
	day, month, year int
	hour, min, sec   int
	timed, afternoon bool
	forenoon         bool
	zone             int // seconds east of UTC
}

// take takes one word of a date.
func (d *date) take(word string) {
	switch c := word[0]; {
	case (c == '+' || c == '-') && d.timed && d.zone == noZone:
		digits := strings.ReplaceAll(word[1:], ":", "")
		if len(digits) != 4 || !isDigits(digits) {
			return
		}
		d.zone = (number(digits[:2])*60 + number(digits[2:])) * 60
		if c == '-' {
			d.zone = -d.zone
		}
	case c >= '0' && c <= '9' && strings.IndexByte(word, ':') > 0:
		d.clock(word)
	case isDigits(word):
		switch n := number(word); {
		case d.day == 0 && len(word) <= 2:
			d.day = n
		case d.year < 0 && len(word) == 4:
			d.year = n
		case d.year < 0 && len(word) == 3: // QUIRK: 101 for 2001, by programs that add 1900 to nothing
			d.year = 1900 + n
		case d.year < 0 && len(word) == 2:
			if d.year = 2000 + n; n >= 70 {
				d.year = 1900 + n
			}
		}
	case c >= '0' && c <= '9' && strings.Count(word, "-") == 2: // 05-Mar-2026
		for part := range strings.SplitSeq(word, "-") {
			if part != "" {
				d.take(part)
			}
		}
	case strings.EqualFold(word, "pm"):
		d.afternoon = true
	case strings.EqualFold(word, "am"):
		d.forenoon = true
	case d.month == 0 && len(word) >= 3 && monthOf(word) > 0:
		d.month = monthOf(word)
	case d.timed && d.zone == noZone:
		if offset, ok := zones[strings.ToUpper(word)]; ok {
			d.zone = offset * 60
		}
	}
}

// clock takes hours, minutes and, if told, seconds.
func (d *date) clock(word string) {
	hour, rest, _ := strings.Cut(word, ":")
	minute, second, _ := strings.Cut(rest, ":")
	second, _, _ = strings.Cut(second, ".")
	if d.timed || !isDigits(hour) || !isDigits(minute) || len(hour) > 2 || len(minute) > 2 || len(second) > 2 || second != "" && !isDigits(second) {
		return
	}
	d.timed = true
	d.hour, d.min, d.sec = number(hour), number(minute), number(second)
}

// time returns the date as a time, false if it isn't one or can't be that of a mail.
func (d *date) time() (time.Time, bool) {
	if d.afternoon && d.hour < 12 {
		d.hour += 12
	} else if d.forenoon && d.hour == 12 {
		d.hour = 0
	}
	if d.day < 1 || d.day > 31 || d.month == 0 || d.year < 1970 || d.year > 2200 || d.hour > 24 || d.min > 59 || d.sec > 60 {
		return time.Time{}, false
	}
	if d.zone == noZone {
		d.zone = 0
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.min, d.sec-d.zone, 0, time.UTC)
	return t, t.Year() >= 1970
}

func isoDate(s string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func number(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func monthOf(word string) int {
	const months = "janfebmaraprmayjunjulaugsepoctnovdec"
	first, second, third := word[0]|0x20, word[1]|0x20, word[2]|0x20
	for i := 0; i < len(months); i += 3 {
		if months[i] == first && months[i+1] == second && months[i+2] == third {
			return i/3 + 1
		}
	}
	return 0
}

// zones are those of RFC 5322 section 4.3 and others in use, in minutes east of UTC.
var zones = map[string]int{
	"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "BST": 60, "CET": 60, "MET": 60, "WEST": 60,
	"CEST": 120, "MEST": 120, "MESZ": 120, "MEZ": 60, "EET": 120, "EEST": 180, "MSK": 180, "IST": 330,
	"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
	"JST": 540, "KST": 540, "HKT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180,
}

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
