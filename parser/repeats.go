package parser

import (
	"strings"

	"bouncehound"
)

// withoutRepeats drops a recipient that is told a second time with the same action:
// transcripts name an address in several places. What says more is kept.
func withoutRepeats(recs []bouncehound.Recipient) []bouncehound.Recipient {
	if len(recs) < 2 {
		return recs
	}
	type key struct {
		action         bouncehound.Action
		address, final string
	}
	seen := make(map[key]int, len(recs))
	kept := recs[:0]
	for _, rec := range recs {
		k := key{rec.Action, strings.ToLower(rec.Address), strings.ToLower(rec.Final)}
		i, repeated := seen[k]
		if !repeated {
			seen[k] = len(kept)
			kept = append(kept, rec)
			continue
		}
		if tells(rec) > tells(kept[i]) {
			kept[i] = rec
		}
	}
	return kept
}

// tells ranks how much is said of a recipient.
func tells(rec bouncehound.Recipient) int {
	reply, status := rec.Reply, rec.Status
	if reply == 0 && status == "" {
		reply, status = bouncehound.Codes(rec.Diagnostic)
	}
	switch {
	case reply != 0:
		return 3
	case status != "":
		return 2
	case rec.Diagnostic != "":
		return 1
	}
	return 0
}

// withoutOthersReplies takes away a reply that names another recipient of the report
// and not its own. QUIRK: nullmailer gives every recipient of a letter the reply that
// one of them got, and a full mailbox must not be laid on the others.
func withoutOthersReplies(recs []bouncehound.Recipient) {
	if len(recs) < 2 {
		return
	}
	shared := make(map[string]int) // diagnostic → how many recipients have it
	for i := range recs {
		if strings.IndexByte(recs[i].Diagnostic, '@') >= 0 {
			shared[recs[i].Diagnostic]++
		}
	}
	named := make(map[string]bool) // diagnostics that name one who has them
	for i := range recs {
		if d := recs[i].Diagnostic; shared[d] > 1 && !named[d] && names(d, &recs[i]) {
			named[d] = true
		}
	}
	for i := range recs {
		rec := &recs[i]
		if !named[rec.Diagnostic] || names(rec.Diagnostic, rec) {
			continue
		}
		rec.Diagnostic, rec.Reply = "", 0
		if rec.Status != "" {
			rec.Status = rec.Status[:1] + ".0.0"
		}
	}
}

// names says whether a diagnostic names the recipient.
func names(diagnostic string, rec *bouncehound.Recipient) bool {
	return rec.Address != "" && containsAddress(diagnostic, rec.Address) || rec.Final != "" && containsAddress(diagnostic, rec.Final)
}
