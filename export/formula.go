package export

import "strings"

// Defuse makes a cell that a spreadsheet would take for a formula plain text, by
// an apostrophe in front of it. Such a cell begins with =, +, -, @, tab or CR; with
// LF, which readers make of CRLF; or with the full-width form of the first four,
// which Excel takes for them under East Asian settings. Spaces before that do not
// save it, because some programs take them off. The text of a bounce is written by
// strangers, so any cell may be meant as an attack.
//
// A cell that has apostrophes before such a beginning gets one more, so that
// [Undefuse] can tell them from ours.
func Defuse(cell string) string {
	if isFormula(cell) {
		return "'" + cell
	}
	return cell
}

// Undefuse takes off the apostrophe that [Defuse] put on and nothing else: for
// every s, Undefuse(Defuse(s)) is s.
func Undefuse(cell string) string {
	if strings.HasPrefix(cell, "'") && isFormula(cell) {
		return cell[1:]
	}
	return cell
}

// isFormula says whether s is any number of apostrophes and then a formula.
func isFormula(s string) bool {
	if s == "" || s[0] > '@' && s[0] != 0xEF {
		return false // nearly every cell begins with a letter
	}
	s = strings.TrimLeft(s, "'")
	s = strings.TrimLeft(s, " ")
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
