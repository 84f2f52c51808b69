package parser

import (
	"strings"

	"bouncehound"
)

// findReply gives the only recipient of a report the reply that stands somewhere among
// its words, where what is said beside the address holds none.
func (m *message) findReply(rec *bouncehound.Recipient) {
	if reply, status := bouncehound.Codes(oneLine(rec.Diagnostic, maxDiagnostic)); reply != 0 || status != "" {
		return
	}
	text := withoutFooter(m.text())
	if i := indexFold(text, "transcript of session follows"); i >= 0 {
		t := readSession(text[i:])
		diagnostic := rec.Diagnostic
		rec.Diagnostic = ""
		if t.fill(rec, true); rec.Diagnostic != "" {
			return
		}
		rec.Diagnostic = diagnostic
	}
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		if reply, status := bouncehound.Codes(strings.TrimSpace(line)); (reply != 0 || status != "") && !hasPrefixFold(line, "status:") {
			end := strings.Index(text[pos:], "\n\n")
			if end < 0 {
				end = len(text) - pos
			}
			rec.Diagnostic = text[pos : pos+min(end, maxDiagnostic)]
			return
		}
		pos = next
	}
}

// findReason gives the only recipient of a report in prose the first paragraph that
// tells of failing, where nothing is said beside the address.
func (m *message) findReason(rec *bouncehound.Recipient) {
	if !saysNothing(rec.Diagnostic) {
		return
	}
	sentence := ""
	for paragraph := range strings.SplitSeq(m.text(), "\n\n") {
		if line, _ := lineAt(strings.TrimLeft(paragraph, "\n"), 0); strings.TrimRight(line, " ") == "--" {
			break // the signature of a gateway, that tells of viruses
		}
		for isDecoration(paragraph) {
			_, paragraph, _ = strings.Cut(paragraph, "\n")
		}
		if banners.begin(strings.TrimLeft(paragraph, "[*! \n")) != "" {
			continue
		}
		if len(paragraph) > maxDiagnostic {
			paragraph = paragraph[:maxDiagnostic]
		}
		if tellsFailure(paragraph) {
			rec.Diagnostic = paragraph
			return
		}
		// In a language that is not known the first long paragraph is what is told.
		if sentence == "" && len(paragraph) > 80 {
			sentence = paragraph
		}
	}
	rec.Diagnostic = sentence
}

// saysNothing says whether a diagnostic is missing or only the exit code of a program.
func saysNothing(diagnostic string) bool {
	return diagnostic == "" || isDigits(diagnostic)
}
