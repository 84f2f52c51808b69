package classifier

import (
	"fmt"

	"bouncehound"
)

var ruleKeys = []string{
	"id", "text", "also", "without", "status", "reply", "remote", "action", "weight", "reason", "ses_subtype",
	"why", "explanation", "advice", "retry", "match", "not", "rule", "layer",
}

var allActions = []bouncehound.Action{
	bouncehound.Failed, bouncehound.Delayed, bouncehound.Delivered, bouncehound.Relayed, bouncehound.Expanded,
	bouncehound.Complained, bouncehound.Replied, bouncehound.Challenged, bouncehound.NoAction,
}

// sesSubtypes are the bounce subtypes of Amazon SES (Developer Guide, "Amazon SNS
// notification contents").
var sesSubtypes = []string{
	"Undetermined", "General", "NoEmail", "Suppressed", "OnAccountSuppressionList",
	"MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected",
}

// nearest suggests the key of a rule that name may have been meant for.
func nearest(name string) string { return suggestion(name, ruleKeys) }

func nearestReason(name string) string {
	var names []string
	for _, row := range reasons {
		names = append(names, string(row.Reason))
	}
	return suggestion(name, names)
}

func suggestion(name string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(name, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance returns how many letters must be put in, left out, replaced or
// exchanged with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
