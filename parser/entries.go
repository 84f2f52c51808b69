package parser

import (
	"strings"

	"bouncehound"
)

// An entry is an address at the head of a line and what is said of it below. That
// is how nearly all programs list the recipients they failed for:
//
//	<lena@example.com>: host mx.example.com[192.0.2.7] said: 550 no such user
//
//	  lena@example.com
//	    (generated from info@example.org)
//	    unrouteable address
type entry struct {
	address string
	from    string // the address it was expanded from
	said    string
	shared  bool               // with the next entry: "<lena@example.com>, <omar@example.com>: …"
	fate    bouncehound.Action // that the heading above tells, where it differs from failing
	asked   bool               // the words before it ask to write there
	indent  int                // of its line
}

// entries reads the entries of a text, at most maxRecipients.
func entries(text string) (list []entry) {
	if strings.IndexByte(text, '@') < 0 {
		return nil
	}
	blank := true
	var lines joiner
	fate := bouncehound.Action("")
	before := ""     // the last line that is not blank
	lastEntry := ""  // the last line that began an entry
	waiting := false // the last entry has said nothing yet: the next paragraph may be its reason
	for pos := 0; pos < len(text) && len(list) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		if isBlank(line) {
			waiting = waiting && (len(list) == 1 && list[0].said == "" || len(list) > 0 && strings.HasSuffix(list[len(list)-1].said, ":"))
			blank = true
			continue
		}
		if address, rest, ok := entryLine(line); ok && (len(list) == 0 || !list[len(list)-1].goesOn(line, blank)) {
			list = append(list, entry{address: address, indent: indentOf(line), fate: fate})
			e := &list[len(list)-1]
			e.asked = asksToWrite(before) || offersOthers(before) || len(list) > 1 && list[len(list)-2].asked && before == lastEntry
			lastEntry = line
			rest = e.expandedFrom(rest)
			for len(list) < maxRecipients && (strings.HasPrefix(rest, ", ") || strings.HasPrefix(rest, "; ")) {
				other, after, more := entryLine(rest[2:])
				if !more {
					break
				}
				e.shared = true
				list = append(list, entry{address: other, indent: e.indent, fate: fate, asked: e.asked})
				e = &list[len(list)-1]
				rest = e.expandedFrom(after)
			}
			e.said = strings.TrimSpace(strings.TrimPrefix(strings.TrimLeft(rest, ":. \t"), "- "))
			blank, waiting, before = false, true, line
			continue
		}
		before = line
		if blank {
			fate = headingFate(line, fate)
		}
		if len(list) == 0 || blank && (!waiting || isDecoration(line) || offersOthers(line) || asksToWrite(line)) {
			waiting = false
			continue
		}
		if isDecoration(line) && !strings.ContainsAny(line, "0123456789") {
			continue
		}
		blank = false
		e := &list[len(list)-1]
		line = e.expandedFrom(strings.TrimSpace(line))
		if len(e.said) < maxDiagnostic && line != "" {
			e.said = lines.join(e.said, spaceAfter(e.said), line)
		}
	}
	for i := len(list) - 2; i >= 0; i-- {
		if list[i].shared {
			list[i].said = list[i+1].said
		}
	}
	return list
}

// headingFate returns what a heading tells of the entries below it, as sendmail's of
// "transient non-fatal errors" do; of a line that is none, what the last one told.
func headingFate(line string, last bouncehound.Action) bouncehound.Action {
	switch {
	case !strings.HasSuffix(strings.TrimRight(line, " "), ":") && !(isDecoration(line) && containsFold(line, "address")):
		return last
	case containsFold(line, "transient non-fatal"), isDelay(line):
		return bouncehound.Delayed
	case containsFold(line, "successful delivery"), saysDelivered(strings.TrimSpace(line)):
		return bouncehound.Delivered
	}
	return ""
}

// goesOn says whether a line that begins with an address belongs to what is said of
// the entry above it: programs fold long replies at any word.
func (e *entry) goesOn(line string, blank bool) bool {
	return !blank && (indentOf(line) > e.indent || strings.HasSuffix(e.said, " TO:") || strings.HasSuffix(e.said, " FROM:"))
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// isDecoration says whether a line is a rule, or a heading or a footer set in one.
func isDecoration(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) > 1 && isRule(line[0]) && line[1] == line[0]
}

// entryLine says whether a line begins with an address that something is said of.
func entryLine(line string) (address, rest string, ok bool) {
	if strings.IndexByte(line, '@') < 0 {
		return "", "", false
	}
	s := withoutNumber(strings.TrimLeft(line, " \t*-•·|"))
	if strings.HasPrefix(s, "<") {
		inner, after, closed := strings.Cut(s[1:], ">")
		if !closed {
			return "", "", false
		}
		address = tidyAddress(inner)
		return address, after, address != "" && afterEntry(after)
	}
	end := strings.IndexAny(s, " \t(<")
	if s[0] == '"' || s[0] == '\'' {
		if i := strings.Index(s, "@"); i > 0 {
			end = strings.IndexAny(s[i:], " \t:(")
			if end >= 0 {
				end += i
			}
		}
	}
	if end < 0 {
		end = len(s)
	}
	token := strings.TrimRight(s[:end], ":,;.")
	if strings.Count(token, "@") != 1 || !isASCII(token) {
		return "", "", false
	}
	address = tidyAddress(withoutKey(token))
	if address == "" || strings.IndexByte(address[strings.LastIndexByte(address, '@'):], '.') < 0 {
		return "", "", false
	}
	rest = s[len(token):]
	return address, rest, afterEntry(rest)
}

// withoutNumber takes the number of an entry off a line: "2. ", "3) ".
func withoutNumber(s string) string {
	for i := 0; i < len(s) && i < 4; i++ {
		if (s[i] == '.' || s[i] == ')') && i > 0 && i+1 < len(s) && s[i+1] == ' ' {
			return strings.TrimLeft(s[i+1:], " ")
		}
		if s[i] < '0' || s[i] > '9' {
			break
		}
	}
	return s
}

// afterEntry says whether what follows an address lets it head an entry.
func afterEntry(rest string) bool {
	trimmed := strings.TrimLeft(rest, " \t")
	if trimmed == "" {
		return true
	}
	switch trimmed[0] {
	case ':', '(', '#', '[', '.', ';', ',':
		return true
	case '4', '5':
		return startsReply(trimmed)
	case '<': // "lena@example.com<mailto:lena@example.com>"
		return true
	case '-', '=':
		return true
	}
	return false
}

// expandedFrom takes "(expanded from <info@example.org>)" and its kin out of what is
// said of an entry.
func (e *entry) expandedFrom(s string) string {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return s
	}
	end := strings.IndexByte(s[open:], ')')
	if end < 0 {
		return s
	}
	inner := s[open+1 : open+end]
	if !containsFold(inner, "expanded from") && !containsFold(inner, "generated from") {
		return s
	}
	if a, _ := findAddress(inner); a != "" {
		e.from = a
	}
	return strings.TrimSpace(s[:open] + s[open+end+1:])
}

// recipient makes a recipient of an entry.
func (e entry) recipient(action bouncehound.Action) bouncehound.Recipient {
	rec := bouncehound.Recipient{Action: action, Address: e.address, Diagnostic: e.said}
	if e.fate != "" && (action == bouncehound.Failed || e.fate == bouncehound.Delivered) {
		rec.Action = e.fate
	}
	if saysDelivered(e.said) {
		rec.Action = bouncehound.Delivered
	}
	if reply, status := bouncehound.Codes(e.said); action == bouncehound.Failed && reply == 0 && status != "" && status[0] == '2' {
		rec.Action = bouncehound.Delivered // a report tells of both
	}
	if e.from != "" {
		rec.Address, rec.Final = e.from, e.address
	}
	return rec
}

// reportOf returns a report with these recipients, nil if there are none.
func reportOf(recs []bouncehound.Recipient) *bouncehound.Report {
	if len(recs) == 0 {
		return nil
	}
	return &bouncehound.Report{Recipients: recs}
}
