package classifier

import (
	"slices"
	"strings"
	"testing"

	"bouncehound"
)

// TestReasons: every reason has one row, and every row follows the design.
func TestReasons(t *testing.T) {
	seen := map[bouncehound.Reason]bool{}
	for _, row := range Reasons() {
		if seen[row.Reason] {
			t.Errorf("%s: twice", row.Reason)
		}
		seen[row.Reason] = true
		if !strings.HasSuffix(row.Explanation, ".") || !strings.HasSuffix(row.Advice, ".") {
			t.Errorf("%s: words are missing or no sentences", row.Reason)
		}
		lost := row.Class != bouncehound.None
		if lost != (row.Fault != "") || lost != (row.Retry != "") {
			t.Errorf("%s: fault and retry belong to what is lost: %+v", row.Reason, row)
		}
		if (row.SESType != "") != (lost && row.Class != bouncehound.Complaint) {
			t.Errorf("%s: SES type %q", row.Reason, row.SESType)
		}
		if row.SESType != "" && !slices.Contains([]string{"Permanent", "Transient", "Undetermined"}, row.SESType) ||
			row.SESSubtype != "" && !slices.Contains(sesSubtypes, row.SESSubtype) {
			t.Errorf("%s: SES knows no %s/%s", row.Reason, row.SESType, row.SESSubtype)
		}
		switch row.Class {
		case bouncehound.Hard:
			if row.SESType != "Permanent" || row.Retry != bouncehound.RetryNever {
				t.Errorf("%s: hard, and yet %+v", row.Reason, row)
			}
		case bouncehound.Block:
			if row.Fault == bouncehound.FaultRecipientDomain || row.Fault == bouncehound.FaultUnknown {
				t.Errorf("%s: a block is nobody's domain: %+v", row.Reason, row)
			}
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d reasons, the design has 30", len(seen))
	}
}

// TestEveryReasonCanBeGiven: no reason of a failure is dead.
func TestEveryReasonCanBeGiven(t *testing.T) {
	given := map[bouncehound.Reason]bool{}
	for _, r := range newBuiltin(t).rules {
		given[r.Reason] = true
	}
	for _, row := range Reasons() {
		if !given[row.Reason] {
			t.Errorf("no rule gives %s", row.Reason)
		}
	}
}

// TestWordsOfRules: what people read is whole sentences without jargon that only
// postmasters know.
func TestWordsOfRules(t *testing.T) {
	for _, r := range newBuiltin(t).rules {
		for _, text := range []string{r.Explanation, r.Advice} {
			if text != "" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: no sentence: %q", r.ID, text)
			}
			for _, jargon := range []string{"RCPT", "NDR", "DSN", "MTA ", "EHLO"} {
				if strings.Contains(text, jargon) {
					t.Errorf("%s: %q in %q", r.ID, jargon, text)
				}
			}
		}
	}
}
