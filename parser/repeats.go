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
