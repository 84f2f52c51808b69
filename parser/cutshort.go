package parser

import (
	"strings"

	"bouncehound"
)

// withoutCutShort leaves out a recipient whose address is the last thing in a message that
// ends within a line: mail is fetched and relayed up to some size, and "lena@example.co"
// may have gone on. It is believed where the message names it a second time.
func (m *message) withoutCutShort(recs []bouncehound.Recipient) []bouncehound.Recipient {
	if len(recs) == 0 || strings.HasSuffix(m.raw, "\n") {
		return recs
	}
	last := &m.parts[len(m.parts)-1]
	if last.body == "" || !strings.HasSuffix(m.raw, last.body) {
		return recs // its end boundary came
	}
	text := m.decode(last)
	if len(recs) > 100 {
		text = text[max(0, len(text)-maxDiagnostic):]
	}
	kept := recs[:0]
	for _, rec := range recs {
		a := rec.Final
		if a == "" {
			a = rec.Address
		}
		if endsCut(text, a) && !containsAddress(m.raw[:len(m.raw)-1], a) {
			m.note("cut short within an address, which is left out")
			continue
		}
		kept = append(kept, rec)
	}
	return kept
}

// endsCut says whether a text ends with an address, or with the name of one that stands
// without its domain, and has it nowhere else.
func endsCut(text, address string) bool {
	local, _, _ := strings.Cut(address, "@")
	for _, s := range [...]string{address, local} {
		if at := len(text) - len(s); s != "" && at >= 0 && strings.EqualFold(text[at:], s) && (at == 0 || !isAtext(text[at-1])) {
			return !containsAddress(text[:at], s)
		}
	}
	return false
}
