package parser

import (
	"strings"

	"bouncehound"
)

// reasonsBelow gives recipients that were found by a label what stands below theirs, up
// to the next address or an empty line, where that tells of failing. What is told of the
// letter itself is left out: its subject is anybody's words.
//
//	Recipient address: lena@example.com
//	Subject: Your parcel has left
//	Reason: Over quota
func (m *message) reasonsBelow(recs []bouncehound.Recipient, text string) {
	about := make(map[string]int, len(recs))
	for i := range recs {
		about[strings.ToLower(recs[i].Address)] = i
	}
	sent := m.returnedHeader().words("Subject")
	said, at := "", -1
	var lines joiner
	end := func() {
		if at >= 0 && recs[at].Diagnostic == "" && isRefusal(said) {
			recs[at].Diagnostic = said
		}
		if label, rest, ok := strings.Cut(said, ":"); ok && at >= 0 && len(label) < 20 && (saysDelivered(rest) || tellsSuccess(rest)) && !tellsFailure(rest) {
			recs[at].Action = bouncehound.Delivered
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
		if at >= 0 && len(said) < maxDiagnostic && !tellsOfLetter(line) && (len(sent) < 4 || !strings.Contains(line, sent)) {
			said = lines.join(said, strings.TrimSpace(line), "\n")
		}
	}
	end()
}

// tellsOfLetter says whether a line repeats a header field of the letter.
func tellsOfLetter(line string) bool {
	label, _, ok := strings.Cut(strings.TrimSpace(line), ":")
	if !ok {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(label)) {
	case "subject", "date", "sent", "from", "to", "cc", "message-id", "message id", "betreff", "datum", "gesendet", "von", "objet", "asunto", "assunto", "oggetto", "onderwerp", "тема", "主题", "主題", "件名", "제목":
		return true
	}
	return false
}

// withoutLetter leaves out of what is said the lines that repeat header fields of the
// letter, unless nothing else is said.
func withoutLetter(said string) string {
	if strings.IndexByte(said, '\n') < 0 || strings.IndexByte(said, ':') < 0 {
		return said
	}
	var b strings.Builder
	for line := range strings.SplitSeq(said, "\n") {
		if !tellsOfLetter(line) {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	if isBlank(b.String()) {
		return said
	}
	return b.String()
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
