package parser

import "testing"

// TestCommandBefore: to which command a refusal came stands in the words of a Postfix
// report only, and says whether the recipient is to blame.
func TestCommandBefore(t *testing.T) {
	report := func(words, fields string) string {
		return "From: MAILER-DAEMON@mx.example.org (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
			"--b\n\nThis is the mail system at host mx.example.org.\n\n" + words + "\n--b\nContent-Type: message/delivery-status\n\n" +
			"Reporting-MTA: dns; mx.example.org\nX-Postfix-Queue-ID: 4Z1\n\n" + fields + "\n--b--\n"
	}
	const lena = "Final-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 shop.example.org\n    does not exist\n"
	const omar = "\nFinal-Recipient: rfc822; omar@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
	for _, c := range []struct {
		name, raw string
		want      []string
	}{
		{"before the recipient", report("<lena@example.com>: host mx.example.com[192.0.2.7] said: 550\n    shop.example.org does not exist (in reply to MAIL FROM\n    command)\n", lena),
			[]string{"550 shop.example.org does not exist (in reply to MAIL FROM command)"}},
		{"after the message", report("<lena@example.com>: host mx.example.com[192.0.2.7] said: 550\n    shop.example.org does not exist (in reply to end of DATA command)\n", lena),
			[]string{"550 shop.example.org does not exist (in reply to end of DATA command)"}},
		{"at the recipient", report("<lena@example.com>: host mx.example.com[192.0.2.7] said: 550\n    shop.example.org does not exist (in reply to RCPT TO command)\n", lena),
			[]string{"550 shop.example.org does not exist"}},
		{"two recipients", report("<lena@example.com>: host mx.example.com[192.0.2.7] said: 550\n    shop.example.org does not exist (in reply to MAIL FROM command)\n\n"+
			"<omar@example.com>: host mx.example.com[192.0.2.7] said: 550 5.1.1 no such\n    user (in reply to RCPT TO command)\n", lena+omar),
			[]string{"550 shop.example.org does not exist (in reply to MAIL FROM command)", "550 5.1.1 no such user"}},
		{"no words", report("", lena), []string{"550 shop.example.org does not exist"}},
	} {
		got := Parse([]byte(c.raw)).Recipients
		if len(got) != len(c.want) {
			t.Errorf("%s: %d recipients, want %d", c.name, len(got), len(c.want))
			continue
		}
		for i, want := range c.want {
			if got[i].Diagnostic != want {
				t.Errorf("%s: diagnostic %q, want %q", c.name, got[i].Diagnostic, want)
			}
		}
	}
}
