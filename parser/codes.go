package parser

import (
	"strings"

	"bouncehound"
)

// maxDiagnostic bounds a diagnostic, in bytes.
const maxDiagnostic = 4 << 10

// settleCodes puts the diagnostic of a recipient on one line and takes the codes
// from it: the reply that refused is worth more than the sum that the reporting
// server made of it, unless it is less specific.
func settleCodes(rec *bouncehound.Recipient) {
	told := oneLine(rec.Diagnostic, maxDiagnostic)
	rec.Diagnostic = unwrapReply(joinReply(told))
	if rec.Diagnostic == "" {
		return
	}
	reply, status := bouncehound.Codes(innerReply(rec.Diagnostic))
	if reply == 0 && status == "" {
		reply, status = bouncehound.Codes(rec.Diagnostic)
	}
	if status == "" && rec.Diagnostic != told {
		_, status = bouncehound.Codes(told) // the reply told none, what was put around it does
	}
	if rec.Reply == 0 && rec.Action != bouncehound.Delivered && rec.Action != bouncehound.Relayed && rec.Action != bouncehound.Expanded {
		rec.Reply = reply
	}
	if status != "" && specificity(status) >= specificity(rec.Status) && (rec.Action != bouncehound.Failed || status[0] != '2') {
		rec.Status = status
	}
}

// specificity ranks enhanced codes: none, X.0.0, X.Y.0, the others (RFC 3463
// section 3: a zero says "other or undefined").
func specificity(status string) int {
	_, rest, ok := strings.Cut(status, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	switch {
	case !ok:
		return 0
	case subject == "0":
		return 1
	case detail == "0":
		return 2
	}
	return 3
}

// statusOf returns the enhanced code of a Status field, without comments.
func statusOf(v string) string {
	_, status := bouncehound.Codes(v)
	return status
}
