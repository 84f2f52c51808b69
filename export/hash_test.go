package export

import (
	"strings"
	"testing"

	"bouncehound"
)

// Two spellings have one hash, which is what anybody gets (printf lena@example.com |
// sha256sum).
func TestHash(t *testing.T) {
	const want = "07a0a464fe3954d579bc1bc6c5d32dc7390b944e8fd1c77e24290f3f029528e1"
	if got := Hash("Lena@EXAMPLE.com"); got != want || Hash("") != "" {
		t.Errorf("got %s", got)
	}
}

// No address and no text with one in it is left, whatever the row holds.
func TestHashed(t *testing.T) {
	var c bouncehound.Contact
	var b bouncehound.Bounce
	const address = "lena@example.com"
	c = bouncehound.Contact{Email: address, Diagnostic: "550 " + address, Note: address, By: address, Reason: bouncehound.UserUnknown, Standing: bouncehound.DoNotEmail}
	b = bouncehound.Bounce{
		Source: address, ContactID: address, MessageID: "<r@mx.example.net>",
		Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: address, Final: address, Diagnostic: address},
		Original: bouncehound.Original{MessageID: "<o@example.org>", InReplyTo: address, References: address, Subject: address, From: address, To: address,
			ListID: "news.example.org", Headers: map[string]string{"X": address}},
		Verdict: bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Matched: address},
	}
	for _, f := range []Format{CSV, JSON} {
		var out strings.Builder
		if _, err := Contacts(&out, Options{Format: f}, HashedContacts(of(c))); err != nil {
			t.Fatal(err)
		}
		if _, err := Bounces(&out, Options{Format: f}, HashedBounces(of(b))); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); strings.Contains(text, address) || strings.Count(text, Hash(address)) != 3 || strings.Count(text, "user_unknown") != 2 || !strings.Contains(text, "<o@example.org>") {
			t.Errorf("%s:\n%s", f, text)
		}
	}
}
