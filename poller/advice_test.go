package poller

import "testing"

// TestAdviceIsReached: every answer that is known leads to its own advice, and is not
// taken for another that is a part of it.
func TestAdviceIsReached(t *testing.T) {
	for name, list := range map[string][]advice{"IMAP": saidByIMAP, "token endpoint": saidByTokenEndpoint} {
		for _, a := range list {
			if a.hint == "" {
				t.Errorf("%s: %s has no hint", name, a.text)
			}
			if got := adviceOn("NO [ALERT] "+a.text+": more of it", list); got != a.hint {
				t.Errorf("%s: to %s it says %q", name, a.text, got)
			}
		}
	}
}
