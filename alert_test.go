package bouncehound_test

import (
	"testing"

	"bouncehound"
)

func TestProvider(t *testing.T) {
	for _, c := range []struct{ mta, address, want string }{
		{"mx1.hotmail.com", "lena@example.com", "hotmail.com"},
		{"example-com.mail.protection.outlook.com", "lena@example.com", "outlook.com"},
		{"ASPMX.L.Google.com.", "lena@example.com", "google.com"},
		{"mx.example.co.uk", "lena@example.com", "example.co.uk"},
		{"mx.web.de", "lena@example.com", "web.de"},
		{"mail.strato.de", "lena@example.com", "strato.de"},
		{"mx.example.net[192.0.2.7]:25", "lena@example.com", "example.net"},
		{"mx.example.net (192.0.2.7)", "lena@example.com", "example.net"},
		{"[192.0.2.7]", "lena@Example.com", "example.com"},
		{"192.0.2.7", "lena@example.com", "example.com"},
		{"localhost", "lena@example.com", "example.com"},
		{"", "lena@bücher.example", "xn--bcher-kva.example"},
		{"", "", ""},
	} {
		r := bouncehound.Recipient{RemoteMTA: c.mta, Address: c.address}
		if got := r.Provider(); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.mta, c.address, got, c.want)
		}
	}
}

func TestBlocked(t *testing.T) {
	b := bouncehound.Bounce{
		Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: "lena@example.com", RemoteMTA: "mx1.example.net", Status: "5.7.1",
			Diagnostic: "554 5.7.1 <lena@example.com>: 192.0.2.1 listed, see https://example.net/?a=lena%40example.com"},
		Verdict: bouncehound.Verdict{Class: bouncehound.Block, Fault: bouncehound.FaultSender, Reason: bouncehound.SenderBlocked},
	}
	a, ok := b.Blocked()
	if want := "554 5.7.1 [address] 192.0.2.1 listed, see [address]"; !ok || a.Diagnostic != want || a.Subject() != "example.net sender_blocked" {
		t.Errorf("%v %+v", ok, a)
	}
	for _, change := range []func(*bouncehound.Bounce){
		func(b *bouncehound.Bounce) { b.Class, b.Fault = bouncehound.Hard, bouncehound.FaultRecipient },
		func(b *bouncehound.Bounce) { b.Fault = bouncehound.FaultMessage },
		func(b *bouncehound.Bounce) { b.Reason = bouncehound.Suppressed },
		func(b *bouncehound.Bounce) { b.Action = bouncehound.Delayed },
		func(b *bouncehound.Bounce) { b.RemoteMTA, b.Address = "", "" },
	} {
		other := b
		change(&other)
		if a, ok := other.Blocked(); ok {
			t.Errorf("%+v of %+v", a, other)
		}
	}
}
