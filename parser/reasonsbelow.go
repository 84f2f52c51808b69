package parser

import (
	"strings"

	"bouncehound"
)

// reasonsBelow gives recipients that were found by a label what stands below theirs, up
// to the next address or an empty line, where that tells of failing:
//
//	Recipient address: lena@example.com
//	Reason: Over quota
func reasonsBelow(recs []bouncehound.Recipient, text string) {
	about := make(map[string]int, len(recs))
	for i := range recs {
		about[strings.ToLower(recs[i].Address)] = i
	}
	said, at := "", -1
	end := func() {
		if at >= 0 && recs[at].Diagnostic == "" && isRefusal(said) {
			recs[at].Diagnostic = said
		}
		said, at = "", -1
	}
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		pos = next
		if isBlank(line) {
			end()
			continue
		}
		if a, _ := findAddress(line); a != "" {
			if i, ok := about[strings.ToLower(a)]; ok && i != at {
				end()
				at = i
				continue
			}
		}
		if at >= 0 && len(said) < maxDiagnostic {
			said += strings.TrimSpace(line) + "\n"
		}
	}
	end()
}

// tellApart gives several recipients what a transcript says of each.
func tellApart(recs []bouncehound.Recipient, text string) {
	if len(recs) < 2 || !strings.Contains(text, "<<< ") {
		return
	}
	t := readSession(text)
	for i := range recs {
		if recs[i].Diagnostic == "" {
			t.fill(&recs[i], false)
		}
	}
}
