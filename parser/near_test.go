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
		if (folder == "autoreply" || folder == "challenge") && len(r.Recipients) != 1 {
			t.Errorf("%s: no one wrote", name)
		}
	})
	if seen < 120 {
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
		{"From: MAILER-DAEMON@mx.example.org\nSubject: Messages in your mailbox will be deleted\n\nOld messages are deleted. The account of user omar@example.net has been disabled.\n", true},
		{"From: MAILER-DAEMON@mx.example.org\nSubject: Welcome to your new mailbox\n\nMail to addresses that do not exist is returned: 550 5.1.1 User unknown. Help: lena@example.com\n", true},
		{"From: MAILER-DAEMON@mx.example.org\nSubject: Migration of your mailbox\n\nMail could be delayed or fail. lena@example.com will no longer exist.\n", true},
		{"", false},
		{daemon + "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b--\n", false},
	} {
		r := Parse([]byte(c.in))
		if r.Unread != c.want || len(r.Recipients) > 0 {
			t.Errorf("%q: unread %v, %+v", c.in, r.Unread, r.Recipients)
		}
	}
}

// TestWhoIsNotBlamed reads reports in prose that name others besides who failed.
func TestWhoIsNotBlamed(t *testing.T) {
	const returned = "\n--- Original message ---\nReceived: by mx.example.org\nMessage-ID: <1@example.org>\nFrom: shop@example.org\nTo: lena@example.com\nSubject: x\n"
	for _, c := range []struct{ name, in, want string }{
		{"write to someone else instead", daemon + "\nYour message to lena@example.com could not be delivered. Please write to omar@example.com instead.\n", "lena@example.com"},
		{"failing told in the next sentence", daemon + "\nYou wrote to lena@example.com. That mailbox is full. Ask omar@example.com.\n", "lena@example.com"},
		{"the sender is named first", daemon + "\nThe message of shop@example.org to lena@example.com was rejected.\n" + returned, "lena@example.com"},
		{"help is offered", daemon + "\nlena@example.com could not be reached, support@example.com knows more.\n", "lena@example.com"},
		{"only the letter names the recipient", daemon + "\nIt could not be delivered.\n" + returned, "lena@example.com"},
		{"the letter went to two", daemon + "\nIt could not be delivered.\n" + strings.Replace(returned, "lena@", "omar@example.com, lena@", 1), ""},
		{"a bare name of the daemon's domain", "From: MAILER-DAEMON@example.com\nSubject: problem\n\nMail to the following could not be delivered:\n\tlena\n", "lena@example.com"},
		{"a bare name of a host", "From: MAILER-DAEMON@mx7.example.com\nSubject: problem\n\nMail to the following could not be delivered:\n\tlena\n", ""},
		{"a bare name that the letter completes", daemon + "\nMail to these failed:\n lena\n" + strings.Replace(returned, "lena@", "omar@example.com, lena@", 1), "lena@example.com"},
		{"a name and the reason beside it", daemon + "\n --------Message not delivered to the following:\n\n lena    No matches to the query\n\n --------Unsent Message below:\n\nReceived: by mx.example.com for <lena@example.com>; Thu, 5 Mar 1998 09:00:02 +0000\nMessage-ID: <1@example.org>\nFrom: shop@example.org\nTo: news@lists.example\nSubject: x\n", "lena@example.com"},
		{"a name and the reason, no letter", "From: MAILER-DAEMON@example.com\nSubject: problem\n\nThe message was not delivered to the following:\n\n Subject    No matches to the query\n", ""},
		{"people with names alike", daemon + "\nThe address you wrote to, lena@example.com, did not exactly match one of ours.\n\nThese are similar:\n\n  lene@example.com\n  leni@example.com\n\n  helena@example.com  (on leave)\n", "lena@example.com"},
		{"where he went", daemon + "\nYour message could not be delivered:\n\n  lena@example.com: no longer here\n\nThe new address:\n\n  lena@example.net\n", "lena@example.com"},
		{"a list of the sender's own", "From: MAILER-DAEMON@mx.example.com\nSubject: problem\n\nSorry. Your message could not be delivered to:\n\nLena Meyer, Sales (the box is full)\n" + strings.Replace(returned, "lena@example.com", "readers@example.org", 1), ""},
		{"a transcript of names", daemon + "\n   ----- Transcript of session follows -----\n550 lena... User unknown\n\n   ----- Unsent message follows -----\nReceived: by mx.example.com for <lena@example.com>; Thu, 5 Mar 1992 09:00:02 +0000\nMessage-ID: <1@example.org>\nFrom: shop@example.org\nSubject: x\n", "lena@example.com"},
		{"a transcript of names, no letter", "From: MAILER-DAEMON@example.com\nSubject: problem\n\n   ----- Transcript of session follows -----\n550 lena... User unknown\n", ""},
		{"alike alone", daemon + "\nThere was no match for the name.\n\nDid you mean:\n\n  lene@example.com\n  leni@example.com\n", ""},
		{"a null sender alone", "Return-Path: <>\nFrom: omar@example.net\nSubject: Hello\n\nlena@example.com does not exist here any more, 550 times no.\n" + returned, "lena@example.com"},
		{"a null sender, no code", "Return-Path: <>\nFrom: omar@example.net\nSubject: Hello\n\nlena@example.com no longer works here.\n" + returned, ""},
		{"a null sender, nobody we wrote to", "Return-Path: <>\nFrom: omar@example.net\nSubject: Hello\n\nines@example.com was refused (550 5.1.1).\n" + returned, ""},
	} {
		got := ""
		for _, rec := range Parse([]byte(c.in)).Recipients {
			got = strings.TrimSpace(got + " " + rec.Address)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
