package parser

import (
	"strings"
	"testing"
)

// TestOddReports reads reports in which the recipients stand where they should not, or
// with several fates among the words of one.
func TestOddReports(t *testing.T) {
	const head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.two.example\nTo: sender@two.example\nSubject: Undelivered Mail Returned to Sender\n"
	const parts = head + "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n\n"
	const status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.two.example\n\n"
	const one = "Final-Recipient: rfc822;a@one.example\nAction: failed\nStatus: 5.1.1\n"
	group := func(fields string) string { return parts + "--b\n" + status + fields + "\n--b--\n" }
	for _, c := range []struct{ name, in, want string }{
		{"two in one field", group("Final-Recipient: rfc822; a@one.example, b@one.example\nAction: failed\nStatus: 5.1.1\n"), "failed a@one.example; failed b@one.example"},
		{"two in brackets", group("Final-Recipient: rfc822; <a@one.example>,<b@one.example>\nAction: failed\n"), "failed a@one.example; failed b@one.example"},
		{"two behind semicolons", group("Final-Recipient: rfc822;a@one.example;b@one.example\nAction: delayed\n"), "delayed a@one.example; delayed b@one.example"},
		{"two of each", group("Original-Recipient: rfc822;x@one.example y@one.example\nFinal-Recipient: rfc822;a@one.example b@one.example\nAction: failed\n"), "failed x@one.example > a@one.example; failed y@one.example > b@one.example"},
		{"two of which one is none", group("Final-Recipient: rfc822;a@one.example and also b@\nAction: failed\n"), "failed a@one.example"},
		{"behind the end", parts + "--b--\n" + status + one, "failed a@one.example"},
		{"behind the end without a header", parts + "--b--\n\nReporting-MTA: dns; mx.two.example\n\n" + one, "failed a@one.example"},
		{"a part behind the end", parts + "--b--\n--b\n" + status + one + "\n--b--\n", "failed a@one.example"},
		{"only a letter behind the end", parts + "--b--\nReceived: by x\nSubject: x\n\n" + one, ""},
		{"three fates below headings", head + "\nThese failed:\n\n  <a@one.example>: 550 none\n\nThese are delayed and will be retried:\n\n  <b@one.example>: 451 later\n\nDelivered to:\n\n  <c@one.example>\n", "failed a@one.example; delayed b@one.example; delivered c@one.example"},
		{"three fates in lines", head + "\n<a@one.example>: 550 none\n<b@one.example>: delayed, will retry: 451 later\n<c@one.example>: delivered\n", "failed a@one.example; delayed b@one.example; delivered c@one.example"},
		{"fates below labels", head + "\nRecipient: a@one.example\nResult: failed, 550 none\n\nRecipient: b@one.example\nResult: delivered successfully\n", "failed a@one.example; delivered b@one.example"},
		{"fields with equals signs", head + "\nrecipient=a@one.example\nstatus=bounced\nresponse=550 5.1.1 none\n", "failed a@one.example"},
		{"a line of a log", head + "\nYour message could not be delivered: orig_to=<a@one.example>, relay=mx.one.example, said: 550 5.1.1 none\n", "failed a@one.example"},
		{"the reason in a paragraph of its own", "Subject: NDN: x\nReturn-Path: <>\nFrom: postmaster@mx.two.example\n\nSorry. Your message could not be delivered to a@one.example for the following reason:\n\nThe box is full.\n", "failed a@one.example"},
		{"fates in paragraphs", head + "\nYour message could not be delivered to a@one.example (550 5.1.1 unknown user).\n\nDelivery to b@one.example is delayed; we will keep trying for 3 days.\n", "failed a@one.example; delayed b@one.example"},
		{"a success in the sentence before", head + "\nYour message was successfully delivered to c@one.example. It could not be delivered to a@one.example: user unknown.\n", "failed a@one.example"},
		{"not delivered", head + "\n<a@one.example>: delivered to nobody: user unknown\n", "failed a@one.example"},
	} {
		var got []string
		for _, rec := range Parse([]byte(c.in)).Recipients {
			s := string(rec.Action) + " " + rec.Address
			if rec.Final != "" {
				s += " > " + rec.Final
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// TestVERPKey keeps a token that is no address, and no other.
func TestVERPKey(t *testing.T) {
	const report = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.two.example\nSubject: failure notice\n\n<a@one.example>: 550 none\n\n--- Original message ---\n"
	for _, c := range []struct{ in, key, recipient string }{
		{"To: bounce+4711@two.example\n" + report, "4711", "a@one.example"},
		{"To: bounce+a=one.example@two.example\n" + report, "", "a@one.example"},
		{"To: x@two.example\n" + report + "Received: x\nReturn-Path: <bounce+kQ-7@two.example>\nMessage-ID: <1@two.example>\nSubject: x\n", "kQ-7", "a@one.example"},
		{"To: bounce+@two.example\n" + report, "", "a@one.example"},
		{"From: lena@one.example\nTo: bounce+4711@two.example\nSubject: Hello\n\nHello\n", "", ""},
	} {
		r := Options{VERP: "bounce+{token}@two.example"}.Parse([]byte(c.in))
		got := ""
		if len(r.Recipients) > 0 {
			got = r.Recipients[0].Address
		}
		if r.Original.Headers["verp"] != c.key || got != c.recipient {
			t.Errorf("%q: %v, %s", c.in, r.Original.Headers, got)
		}
	}
}

// TestCutShort reads reports that end within an address, as a limit of size leaves them.
func TestCutShort(t *testing.T) {
	const head = "Return-Path: <>\nFrom: MAILER-DAEMON@example.com\nSubject: failure notice\n"
	for _, c := range []struct {
		name, in, want string
		unread         bool
	}{
		{"within", head + "\nIt could not be delivered to:\n\n  a@one.exam", "", true},
		{"the second", head + "\n<a@one.example>: 550 none\n\n<b@one.exa", "a@one.example", false},
		{"known from above", head + "X-Failed-Recipients: a@one.example\n\nIt could not be delivered to:\n\n  a@one.example", "a@one.example", false},
		{"whole line", head + "\nIt could not be delivered to:\n\n  a@one.example\n", "a@one.example", false},
		{"behind a bracket", head + "\nIt could not be delivered to <a@one.example>", "a@one.example", false},
		{"a name", head + "\nMail to the following could not be delivered:\n\tlen", "", true},
		{"a field", head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nFinal-Recipient: rfc822; a@one.ex", "", true},
		{"a complaint", head + "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nThe letter to a@one.example was rejected.\n", "", true},
		{"a report returned", "From: postmaster@gw.example\nTo: b@two.example\nSubject: Undeliverable\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nIt failed.\n\n--c\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@mx.example\nTo: b@two.example\nSubject: failure notice\nMessage-ID: <1@mx.example>\n\nIt", "", true},
	} {
		r := Parse([]byte(c.in))
		got := ""
		for _, rec := range r.Recipients {
			got = strings.TrimSpace(got + " " + rec.Address)
		}
		if got != c.want || r.Unread != c.unread {
			t.Errorf("%s: %q unread %v, want %q", c.name, got, r.Unread, c.want)
		}
	}
}
