package parser

import "testing"

func TestSomebodyIsAway(t *testing.T) {
	const words = "\nlena@example.net has left (550 5.1.1 user unknown), write to omar@example.net.\n"
	const bounce = "Return-Path: <>\nFrom: lena@example.net\nSubject: Your mail could not be delivered\n"
	for _, c := range []struct{ name, in, want string }{
		{"a subject of ours", bounce + "Auto-Submitted: auto-replied\n" + words, "replied"},
		{"the postmaster on holiday", "Return-Path: <>\nFrom: postmaster@example.net\nSubject: gone\nAuto-Submitted: auto-replied (vacation)\n" + words, "replied"},
		{"a daemon replies", "Return-Path: <>\nFrom: mailer-daemon@example.net\nSubject: Mail delivery failed\nAuto-Submitted: auto-replied\n" + "\nlena@example.net could not be reached: 550 5.1.1 user unknown\n", "failed"},
		{"no mark", bounce + words, ""},
		{"the letter is returned", bounce + "Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + words + "--b\nContent-Type: message/rfc822\n\nFrom: shop@example.org\nTo: ines@example.net\n\n--b--\n", ""},
	} {
		got := ""
		for _, rec := range Parse([]byte(c.in)).Recipients {
			got += string(rec.Action)
		}
		if got != c.want && !(c.want == "" && got != "replied") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
