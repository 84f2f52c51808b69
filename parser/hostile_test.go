package parser

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

const daemon = "From: MAILER-DAEMON@mx.example.org\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\n"

// hostile are messages made to be expensive, by size.
var hostile = map[string]func(n int) string{
	"nested multiparts": func(n int) string {
		var b strings.Builder
		b.WriteString(daemon)
		for i := range n / 60 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n", i, i)
		}
		return b.String()
	},
	"nested messages": func(n int) string {
		return daemon + strings.Repeat("Content-Type: message/rfc822\n\n", n/30) + "text"
	},
	"many parts": func(n int) string {
		return daemon + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: text/plain\n\nx\n", n/34) + "--b--\n"
	},
	"many header fields": func(n int) string {
		return daemon + strings.Repeat("X-A: b\n", n/7) + "\ntext"
	},
	"one long header field": func(n int) string {
		return daemon + "X-A: b\n" + strings.Repeat("\tc\n", n/3) + "\ntext"
	},
	"many dashes": func(n int) string {
		return daemon + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("--c\n", n/4)
	},
	"many recipients": func(n int) string {
		return daemon + "\nThis is the mail system at host mx.example.org.\n\n" + strings.Repeat("<lena@example.com>: host mx.example.com said: 550 no\n\n", n/54)
	},
	"many groups": func(n int) string {
		return daemon + "Content-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822; lena@example.com\nAction: failed\n\n", n/58)
	},
	"many addresses":      func(n int) string { return daemon + "\nfailed " + strings.Repeat("a@b.example ", n/12) },
	"many at signs":       func(n int) string { return daemon + "\nfailed " + strings.Repeat("@", n) },
	"many quotes":         func(n int) string { return daemon + "\nfailed " + strings.Repeat("\"@", n/2) },
	"many brackets":       func(n int) string { return daemon + "Content-Type: text/html\n\n" + strings.Repeat("<", n) },
	"many tags":           func(n int) string { return daemon + "Content-Type: text/html\n\n" + strings.Repeat("<p>a", n/4) },
	"tags that never end": func(n int) string { return daemon + "Content-Type: text/html\n\n" + strings.Repeat("<a", n/2) },
	"members of one alias": func(n int) string {
		return "Content-Type: multipart/report; boundary=x-eximdsn-1\n" + daemon + "\n--x-eximdsn-1\n\naddress(es) failed:\n\n" +
			strings.Repeat("  a@b.example\n    (generated from c@d.example)\n    550 no\n", n/126) + "\n--x-eximdsn-1\nContent-Type: message/delivery-status\n\n" +
			strings.Repeat("Action: failed\nFinal-Recipient: rfc822;c@d.example\n\n", n/104)
	},
	"aliases that do not fail": func(n int) string {
		return "Content-Type: multipart/report; boundary=x-eximdsn-1\n" + daemon + "\n--x-eximdsn-1\n\naddress(es) failed:\n\n" +
			numbered("  a%06d@b.example\n    (generated from c@d.example)\n    550 no\n", n/126) + "\n--x-eximdsn-1\nContent-Type: message/delivery-status\n\n" +
			numbered("Action: failed\nFinal-Recipient: rfc822;c%06d@d.example\n\n", n/104)
	},
	"words about others": func(n int) string {
		return daemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" + numbered("Failed to deliver to 'a%06d@b.example'\n", n/80) +
			"--b\nContent-Type: message/delivery-status\n\n" + numbered("Final-Recipient: rfc822; c%06d@d.example\nAction: failed\n\n", n/110) + "--b--\n"
	},
	"an endless list": func(n int) string {
		return "From: \"Content-filter at x\" <postmaster@x.example>\nSubject: VIRUS\n\nfrom you was not delivered\n-> " + numbered("a%06d@b.example, ", n/18)
	},
	"many comments": func(n int) string { return daemon + "Date: " + strings.Repeat("(", n) + "\n\n" },
	"quoted headers": func(n int) string {
		return daemon + "\nfailed\n\n" + strings.Repeat("> Subject: a\n> To: b@c.example\n>\n", n/34)
	},
	"lines of one reply": func(n int) string {
		return daemon + "\n----- Transcript of session follows -----\n" + strings.Repeat("<<< 550-x\n", n/10)
	},
	"short lines about a recipient": func(n int) string {
		return daemon + "\nThis is the mail system at host mx.example.org.\n\n" + strings.Repeat("<lena@example.com>: no\n"+strings.Repeat("x\n", 2000), n/4023)
	},
	"short folded lines": func(n int) string {
		return daemon + "Content-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822; lena@example.com\nAction: failed\nDiagnostic-Code: 550\n"+strings.Repeat(" x\n", 1300)+"\n", n/3979)
	},
	"many diagnostics": func(n int) string {
		var b strings.Builder
		b.WriteString(daemon + "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; lena@example.com\nAction: failed\n")
		for i := range n / 30 {
			fmt.Fprintf(&b, "Diagnostic-Code: smtp; %07d\n", i)
		}
		return b.String()
	},
	"replies to MAIL FROM": func(n int) string {
		var words, machine strings.Builder
		for i := range n / 190 {
			fmt.Fprintf(&words, "<a%05d@b.example>: host x.example said: 550 no (in reply to MAIL FROM command)\n\n", i)
			fmt.Fprintf(&machine, "Final-Recipient: rfc822; a%05d@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 no\n\n", n-i)
		}
		return daemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nThis is the mail system at host mx.example.org.\n\n" + words.String() +
			"--b\nContent-Type: message/delivery-status\n\nX-Postfix-Queue-ID: A\n\n" + machine.String() + "--b--\n"
	},
	"transcripts": func(n int) string {
		return daemon + "\n----- Transcript of session follows -----\n" + strings.Repeat(">>> RCPT To:<lena@example.com>\n<<< 550 no\n", n/43)
	},
}

// numbered returns a text n times, each with its number.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestWorkIsLinear counts the bytes looked at: twice the message, at most about
// twice the work.
func TestWorkIsLinear(t *testing.T) {
	for name, of := range hostile {
		work := func(n int) int {
			m := readMessage([]byte(of(n)))
			for _, f := range formats {
				if f.read(m) != nil {
					break
				}
			}
			return m.work
		}
		small, large := work(64<<10), work(256<<10)
		if large > 5*small {
			t.Errorf("%s: work grows from %d to %d when the message grows fourfold", name, small, large)
		}
		if large > 20*256<<10 {
			t.Errorf("%s: %d bytes looked at for %d", name, large, 256<<10)
		}
	}
}

// TestMemoryIsLinear counts the bytes allocated for the same messages: however they are
// made, a message four times as long may take about four times the memory.
func TestMemoryIsLinear(t *testing.T) {
	for name, of := range hostile {
		allocated := func(n int) uint64 {
			raw := []byte(of(n))
			least := uint64(1 << 62)
			for range 3 { // others may allocate too: the least is what it takes
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				Parse(raw)
				runtime.ReadMemStats(&after)
				least = min(least, after.TotalAlloc-before.TotalAlloc)
			}
			return least
		}
		small, large := allocated(64<<10), allocated(256<<10)
		if large > 6*small+256<<10 {
			t.Errorf("%s: %d bytes are allocated, and %d when the message grows fourfold", name, small, large)
		}
		if large > 40*256<<10 { // a recipient, of whom a message may tell in 18 bytes, has some 500 in all lists he is in
			t.Errorf("%s: %d bytes are allocated for %d", name, large, 256<<10)
		}
	}
}

// TestHostile reads them large.
func TestHostile(t *testing.T) {
	for name, of := range hostile {
		checkReport(t, name, Parse([]byte(of(2<<20))))
	}
	random := make([]byte, 1<<20)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	checkReport(t, "random bytes", Parse(random))
	checkReport(t, "random body", Parse(append([]byte(daemon+"\n"), random...)))
	checkReport(t, "nothing", Parse(nil))
	checkReport(t, "only NULs", Parse(make([]byte, 1000)))
}

// TestTooLarge reads a report of 50 MB: what it says comes early.
func TestTooLarge(t *testing.T) {
	raw := []byte(strings.Replace(statusReport, "Subject: Invoice\n", "Subject: Invoice\n\n"+strings.Repeat("a line of the letter that came back\n", 1500000), 1))
	if len(raw) < 50<<20 {
		t.Fatalf("only %d bytes", len(raw))
	}
	r := Parse(raw)
	if len(r.Recipients) != 1 || r.Recipients[0].Address != "lena@example.com" || len(r.Notes) == 0 {
		t.Errorf("got %+v", r)
	}
}

// TestNested reads a report whose parts are 500 deep.
func TestNested(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(daemon)
	for i := range 500 {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n", i, i)
	}
	b.WriteString("\n<lena@example.com>: 550 5.1.1 no such user\n")
	r := Parse(b.Bytes())
	if len(r.Notes) == 0 {
		t.Error("no note")
	}
	checkReport(t, "nested", r)
}

// TestManyParts reads the report in front of 10,000 parts.
func TestManyParts(t *testing.T) {
	raw := strings.Replace(statusReport, "--b--\n", strings.Repeat("--b\n\nx\n", 10000)+"--b--\n", 1)
	r := Parse([]byte(raw))
	if len(r.Recipients) != 1 || r.Recipients[0].Address != "lena@example.com" || len(r.Notes) != 1 {
		t.Errorf("got %+v", r)
	}
}

const statusReport = daemon + `Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your letter could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; lena@Example.com
Action: failed
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

Message-ID: <1@example.org>
From: shop@example.org
To: lena@example.com
Subject: Invoice

--b--
`
