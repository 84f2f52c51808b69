package export

import "strings"

// Defuse makes a cell that a spreadsheet would take for a formula plain text, by
// an apostrophe in front of it. Such a cell begins with =, +, -, @, tab or CR; with
// LF, which readers make of CRLF; or with the full-width form of the first four,
// which Excel takes for them under East Asian settings. Spaces before that do not
// save it, because some programs take them off. The text of a bounce is written by
// strangers, so any cell may be meant as an attack.
//
// Where the list separator is a semicolon, as in much of Europe, a spreadsheet that opens
// the file takes what stands between two for a cell, and a quote that was doubled there
// for nothing, so each such part is looked at, behind its quotes.
//
// A part that has apostrophes before such a beginning gets one more, so that
// [Undefuse] can tell them from ours.
func Defuse(cell string) string {
	return each(cell, func(part string) string {
		if isFormula(part) {
			return "'" + part
		}
		return part
	})
}

// Undefuse takes off the apostrophes that [Defuse] put on and nothing else: for
// every s, Undefuse(Defuse(s)) is s.
func Undefuse(cell string) string {
	return each(cell, func(part string) string {
		if strings.HasPrefix(part, "'") && isFormula(part) {
			return part[1:]
		}
		return part
	})
}

// each changes the parts of a cell that semicolons part.
func each(cell string, change func(string) string) string {
	if strings.IndexByte(cell, ';') < 0 {
		return change(cell)
	}
	parts := strings.Split(cell, ";")
	for i, p := range parts {
		parts[i] = change(p)
	}
	return strings.Join(parts, ";")
}

// isFormula says whether s is any number of apostrophes and then a formula.
func isFormula(s string) bool {
	if s == "" || s[0] > '@' && s[0] != 0xEF {
		return false // nearly every cell begins with a letter
	}
	s = strings.TrimLeft(s, "'")
	s = strings.TrimLeft(s, ` "`)
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case 0xEF:
		return strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
	}
	return false
}
