package parser

import (
	"strings"
	"testing"
)

// TestGateways reads reports that machines on the way have changed, and letters that
// only look so.
func TestGateways(t *testing.T) {
	const head = "Return-Path: <>\nFrom: Postmeister <post@mx.two.example>\nTo: x@two.example\nSubject: Nachricht\nMessage-ID: <1@mx.two.example>\n"
	const status = "--b\n\nEs ging nicht.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.two.example\n\nFinal-Recipient: rfc822;a@one.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
	const mixed = "Content-Type: multipart/mixed; boundary=b\n\n" + status
	const report = head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" + status
	const journal = "From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@two.example\nSubject: Undeliverable: x\nX-MS-Journal-Report:\nReturn-Path: <>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=j\n\n--j\n\nSender: post@mx.two.example\nRecipient: x@two.example\n\n"
	for _, c := range []struct{ name, in, want string }{
		{"a machine part of a server in a multipart/mixed", head + mixed, "a@one.example"},
		{"one that was put off by itself", strings.Replace(head, "Return-Path: <>", "Auto-Submitted: auto-replied", 1) + mixed, "a@one.example"},
		{"one that a person attached", strings.Replace(head, "Return-Path: <>", "Return-Path: <post@mx.two.example>", 1) + mixed, ""},
		{"one that a person's rule passed on", strings.Replace(head, "Nachricht", "WG: Nachricht", 1) + mixed, ""},
		{"one in a ticket", strings.Replace(head, "Nachricht", "[Desk 8124] Nachricht", 1) + mixed, ""},
		{"one in a mailing", head + "List-Unsubscribe: <https://two.example/>\n" + mixed, ""},
		{"a report with a footer of a list", "Return-Path: <>\nFrom: Postmeister <post@mx.two.example>\nSubject: x\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" + status + "\n--o\n\nfooter\n--o--\n", "a@one.example"},
		{"a journal", journal + "--j\nContent-Type: message/rfc822\n\n" + report + "\n--j--\n", "a@one.example"},
		{"a journal of a letter", journal + "--j\nContent-Type: message/rfc822\n\nFrom: lena@one.example\nTo: x@two.example\nSubject: Undeliverable: x\n\nhello\n--j--\n", ""},
		{"a journal without its letter", journal + "--j--\n", ""},
	} {
		r := Parse([]byte(c.in))
		got := ""
		for _, rec := range r.Recipients {
			got = strings.TrimSpace(got + " " + rec.Address)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestMarks takes off what gateways write before a subject, and nothing else.
func TestMarks(t *testing.T) {
	for in, want := range map[string]string{
		"[EXTERNAL] Undeliverable: x": "Undeliverable: x", "***SPAM*** failure notice": "failure notice", "{Spam?} failure notice": "failure notice",
		"[SPAM] [EXT] failure notice": "failure notice", "*** SPAM *** x": "x", "EXTERNAL: Undeliverable": "Undeliverable", "(external sender) x": "x",
		"[Desk 8124] x": "[Desk 8124] x", "[sender] x": "[sender] x", "** Address not found **": "** Address not found **", "": "", "[EXTERNAL]": "", "[": "[", "*": "*", "***": "***", "Spam report": "Spam report",
	} {
		if got := withoutMark(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestUTF16 decodes text whose letters have NULs beside them.
func TestUTF16(t *testing.T) {
	for _, c := range []struct{ label, in, want string }{
		{"utf-16", "/v8AYQBCX1U=", "aB\u5f55"},
		{"utf-16le", "YQBCAFVf", "aB\u5f55"},
		{"utf-16be", "AGEAQl9V", "aB\u5f55"},
		{"UTF-16", "//5hAEIAVV8=", "aB\u5f55"},
	} {
		m := readMessage([]byte("Content-Type: text/plain; charset=" + c.label + "\nContent-Transfer-Encoding: base64\n\n" + c.in + "\n"))
		if got := m.text(); got != c.want {
			t.Errorf("%s: %q, want %q", c.label, got, c.want)
		}
	}
}
