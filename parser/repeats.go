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
	case reply != 0 || status != "":
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
	if len(recs) < 2 || len(recs) > 200 {
		return
	}
	for i := range recs {
		rec := &recs[i]
		if strings.IndexByte(rec.Diagnostic, '@') < 0 || names(rec.Diagnostic, rec) {
			continue
		}
		for j := range recs {
			if i != j && recs[j].Diagnostic == rec.Diagnostic && names(rec.Diagnostic, &recs[j]) {
				rec.Diagnostic, rec.Reply, rec.Status = "", 0, rec.Status[:min(len(rec.Status), 1)]
				if rec.Status != "" {
					rec.Status += ".0.0"
				}
				break
			}
		}
	}
}

// names says whether a diagnostic names the recipient.
func names(diagnostic string, rec *bouncehound.Recipient) bool {
	return rec.Address != "" && containsAddress(diagnostic, rec.Address) || rec.Final != "" && containsAddress(diagnostic, rec.Final)
}
