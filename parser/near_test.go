package parser

import (
	"strings"
	"testing"

	"bouncehound"
)

// TestNearBounces reads what is no bounce but looks or quotes like one. Nobody may be
// blamed for it, and none of it may be listed as a report that was not understood.
func TestNearBounces(t *testing.T) {
	seen := 0
	testdata(t, func(name string, raw []byte) {
		folder, _, _ := strings.Cut(name, "/")
		switch folder {
		case "notabounce", "autoreply", "challenge", "mdn":
		default:
			return
		}
		if name == "mdn/dovecot-refusal.eml" {
			return
		}
		seen++
		r := Parse(raw)
		if r.Understood() {
			t.Errorf("%s: %+v", name, r.Recipients)
		}
		if r.Unread && !strings.Contains(name, "null-sender") {
			t.Errorf("%s: unread", name)
		}
		for _, rec := range r.Recipients {
			if want := map[string]bouncehound.Action{"autoreply": bouncehound.Replied, "challenge": bouncehound.Challenged}[folder]; want != "" && rec.Action != want {
				t.Errorf("%s: %s, want %s", name, rec.Action, want)
			}
		}
		if folder == "autoreply" && len(r.Recipients) != 1 {
			t.Errorf("%s: no one replied", name)
		}
	})
	if seen < 75 {
		t.Errorf("only %d near-bounces", seen)
	}
}
