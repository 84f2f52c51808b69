package parser

import (
	"reflect"
	"strings"
	"testing"

	"bouncehound"
)

// TestReadStatusText reads groups of fields as they are met.
func TestReadStatusText(t *testing.T) {
	const failed, delayed = bouncehound.Failed, bouncehound.Delayed
	for _, c := range []struct {
		name, in string
		want     []bouncehound.Recipient
	}{
		{"as specified", "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822; a@x.example\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.1.1\n", []bouncehound.Recipient{
			{Action: failed, Address: "a@x.example", Final: "b@x.example", Status: "5.1.1"}}},
		{"in another order", "Action: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; a@x.example\n\nAction: delayed\nStatus: 4.1.1\nFinal-Recipient: rfc822; b@x.example\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example", Status: "5.1.1"}, {Action: delayed, Final: "b@x.example", Status: "4.1.1"}}},
		{"one block", "Final-Recipient: rfc822; a@x.example\nAction: failed\nFinal-Recipient: rfc822; b@x.example\nAction: failed\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example"}, {Action: failed, Final: "b@x.example"}}},
		{"each field a block", "Original-Recipient: rfc822; a@x.example\n\nFinal-Recipient: rfc822; b@x.example\n\nAction: failed\n\nOriginal-Recipient: rfc822; c@x.example\n\nAction: failed\n", []bouncehound.Recipient{
			{Action: failed, Address: "a@x.example", Final: "b@x.example"}, {Action: failed, Address: "c@x.example"}}},
		{"action missing", "Final-Recipient: rfc822; a@x.example\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; b@x.example\nStatus: 4.2.2\n\nFinal-Recipient: rfc822; c@x.example\nStatus: 2.1.5\n\nFinal-Recipient: rfc822; d@x.example\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example", Status: "5.2.2"}, {Action: delayed, Final: "b@x.example", Status: "4.2.2"}, {Action: bouncehound.Delivered, Final: "c@x.example", Status: "2.1.5"}}},
		{"actual recipient", "Final-Recipient: rfc822; list@x.example\nX-Actual-Recipient: rfc822; a@y.example\nAction: failed\n", []bouncehound.Recipient{
			{Action: failed, Address: "list@x.example", Final: "a@y.example"}}},
		{"actual recipient is a program", "Final-Recipient: rfc822; a@x.example\nX-Actual-Recipient: x-unix; |/bin/robot a@x.example\nAction: failed\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example"}}},
		{"failed recipient only", "X-Failed-Recipients: a@x.example\nAction: failed\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example"}}},
		{"two diagnostics", "Final-Recipient: rfc822; a@x.example\nAction: failed\nDiagnostic-Code: unknown\nDiagnostic-Code: smtp; 550 none\n", []bouncehound.Recipient{
			{Action: failed, Final: "a@x.example", Diagnostic: "unknown smtp; 550 none"}}},
		{"no recipient in it", "Reporting-MTA: dns; mx\nArrival-Date: today\n\nX-Queue: 7\n", nil},
		{"address without a domain", "Final-Recipient: rfc822; lena\nAction: failed\n", []bouncehound.Recipient{{Action: failed}}},
	} {
		var r bouncehound.Report
		readStatusText(c.in, &r)
		if !reflect.DeepEqual(r.Recipients, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, r.Recipients, c.want)
		}
	}
}

func TestActionOf(t *testing.T) {
	for _, c := range []struct {
		in, status string
		want       bouncehound.Action
	}{
		{"failed", "", bouncehound.Failed},
		{" Failed (it is final)", "4.4.7", bouncehound.Failed},
		{"FAILURE", "", bouncehound.Failed},
		{"delayed (will retry)", "5.0.0", bouncehound.Delayed},
		{"delivered", "", bouncehound.Delivered},
		{"relayed", "", bouncehound.Relayed},
		{"expanded", "", bouncehound.Expanded},
		{"???", "4.1.1", bouncehound.Failed},
		{"", "4.1.1", bouncehound.Delayed},
		{"", "", ""},
	} {
		if got := actionOf(c.in, c.status); got != c.want {
			t.Errorf("actionOf(%q, %q) = %q, want %q", c.in, c.status, got, c.want)
		}
	}
}

func TestRecipientAddress(t *testing.T) {
	for _, c := range []struct {
		in       string
		original bool
		want     string
	}{
		{"rfc822; lena@Example.com", false, "lena@example.com"},
		{"RFC822;<lena@example.com>", false, "lena@example.com"},
		{"lena@example.com", false, "lena@example.com"},
		{`rfc822; "Lena" <lena@example.com>`, false, "lena@example.com"},
		{"rfc822;lena+2Bteas@example.com", true, "lena+teas@example.com"},
		{"rfc822;lena+2Bteas@example.com", false, "lena+2Bteas@example.com"},
		{`utf-8; l\x{E9}na@example.com`, false, "léna@example.com"},
		{`utf-8; l\x{110000}na\x{@example.com`, false, `l\x{110000}na\x{@example.com`},
		{"x400; /C=DE/S=Berg/", false, ""},
		{"unknown; lena", false, ""},
		{"", false, ""},
	} {
		if got := recipientAddress(c.in, c.original); got != c.want {
			t.Errorf("recipientAddress(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTyped(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"smtp; 550 no", "550 no"},
		{"SMTP;550 no", "550 no"},
		{"X-Postfix; unknown user", "unknown user"},
		{"no such user; sorry", "no such user; sorry"},
		{"550; no", "550; no"},
		{"; no", "no"},
		{"no", "no"},
	} {
		if got := typed(c.in); got != c.want {
			t.Errorf("typed(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestOriginal reads the returned message, with fields to capture, and who was meant.
func TestOriginal(t *testing.T) {
	raw := strings.Replace(statusReport, "Subject: Invoice\n", "Subject: =?utf-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=\nDate: Thu, 5 Mar 2026 09:00:02 +0100\nIn-Reply-To: <0@example.org>\n"+
		"References: <a@example.org>\n\t<b@example.org>\nList-Id: =?utf-8?Q?T=C3=A4e?= <tea.example.org>\nx-contact-ID:\n 42\nX-Empty:\n", 1)
	r := Options{Capture: []string{"X-Contact-Id", "X-Empty", "X-Missing"}}.Parse([]byte(raw))
	want := bouncehound.Original{
		MessageID: "<1@example.org>", InReplyTo: "<0@example.org>", References: "<a@example.org> <b@example.org>", Subject: "Rechnung für März", From: "shop@example.org",
		To: "lena@example.com", Date: "2026-03-05T08:00:02Z", ListID: "Täe <tea.example.org>", Headers: map[string]string{"X-Contact-Id": "42", "X-Empty": ""},
	}
	if !reflect.DeepEqual(r.Original, want) {
		t.Errorf("got %+v\nwant %+v", r.Original, want)
	}
	verp := "To: bounce+omar=example.net@shop.example.org\n" + raw
	r = Options{VERP: "bounce+{token}@shop.example.org"}.Parse([]byte(verp))
	if rec := r.Recipients[0]; rec.Address != "omar@example.net" || rec.Final != "lena@example.com" {
		t.Errorf("got %+v", rec)
	}
}
