package parser

import (
	"strings"

	"bouncehound"
)

// enrich takes from the words of the report what its machine part does not tell of
// its recipients: sendmail's transcript, the lists of Exim, OpenSMTPD and Oracle.
func (m *message) enrich(recs []bouncehound.Recipient) {
	silent := 0
	for i := range recs {
		if saysNothing(recs[i].Diagnostic) || isConsequence(recs[i].Diagnostic) {
			silent++
		}
	}
	if silent == 0 {
		return
	}
	text := m.text()
	list := text
	var t session
	if i := indexFold(text, "transcript of session follows"); i >= 0 {
		list = text[:strings.LastIndexByte(text[:i], '\n')+1]
		t = readSession(text[i:])
	}
	said := oracleReasons(list)
	if said == nil {
		said = make(map[string]string)
	}
	for _, e := range entries(list) {
		if _, reason, ok := strings.Cut(e.said, "(reason: "); ok {
			e.said = strings.TrimSuffix(strings.TrimSpace(reason), ")")
		}
		if k := strings.ToLower(e.address); e.said != "" && said[k] == "" {
			said[k] = e.said
		}
		if k := strings.ToLower(e.from); k != "" && e.said != "" && said[k] == "" {
			said[k] = e.said
		}
	}
	for i := range recs {
		rec := &recs[i]
		if isConsequence(rec.Diagnostic) {
			conclusion := *rec
			rec.Diagnostic = ""
			if t.fill(rec, len(recs) == 1); rec.Diagnostic == "" || isConsequence(rec.Diagnostic) {
				*rec = conclusion
			}
			continue
		}
		if !saysNothing(rec.Diagnostic) {
			continue
		}
		for _, a := range [...]string{rec.Final, rec.Address, unwrapAddress(rec.Final)} {
			if s := said[strings.ToLower(a)]; a != "" && s != "" && !saysNothing(s) {
				rec.Diagnostic = s
				break
			}
		}
		// What the transcript concluded has a code, and what is listed may have none.
		if reply, status := bouncehound.Codes(rec.Diagnostic); reply == 0 && status == "" && len(t.lines) > 0 {
			code := rec.Diagnostic
			rec.Diagnostic = ""
			if t.fill(rec, len(recs) == 1); rec.Diagnostic == "" {
				rec.Diagnostic = code
			}
		}
	}
}

// isConsequence says whether a reply only follows from an earlier one: without a recipient
// that was taken, DATA is out of order (RFC 5321 section 3.3).
func isConsequence(diagnostic string) bool {
	if len(diagnostic) > 200 || !strings.HasPrefix(diagnostic, "503") && !strings.HasPrefix(diagnostic, "554") {
		return false
	}
	return containsFold(diagnostic, "need rcpt") || containsFold(diagnostic, "no valid recipients") || containsFold(diagnostic, "valid rcpt command")
}
