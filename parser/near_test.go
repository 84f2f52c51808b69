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

// TestUnread keeps and lists what looks like a report and tells of no one.
func TestUnread(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"From: MAILER-DAEMON@mx.example.org\nSubject: problem\n\n?\n", true},
		{"From: postmaster@example.org\nSubject: x\n\nnothing\n", true},
		{"From: a@example.org\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n?\n--b--\n", true},
		{"From: <>\nSubject: x\n\n?\n", true},
		{"Return-Path: <>\nFrom: robot@example.org\nSubject: x\n\nYour letter could not be delivered.\n", true},
		{"Return-Path: <>\nFrom: desk@example.org\nSubject: Ticket 7\n\nThank you for your letter.\n", false},
		{"From: omar@example.org\nSubject: x\n\nyour letter could not be delivered\n", false},
		{"From: postmaster@example.org\nSubject: Spam quarantine digest\n\nlena@example.com: blocked\n", false},
		{"From: postmaster@example.org\nSubject: Re: queue\n\nIt failed.\n", false},
		{"", false},
		{daemon + "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b--\n", false},
	} {
		r := Parse([]byte(c.in))
		if r.Unread != c.want || len(r.Recipients) > 0 {
			t.Errorf("%q: unread %v, %+v", c.in, r.Unread, r.Recipients)
		}
	}
}
