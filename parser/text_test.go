package parser

import (
	"reflect"
	"strings"
	"testing"
)

func TestCutReturned(t *testing.T) {
	const header = "Received: by a\nMessage-ID: <1@b.example>\nFrom: c@d.example\nSubject: e\n\nbody\n"
	for _, c := range []struct{ name, in, words, quoted string }{
		{"after a rule", "failed\n--- Below this line is a copy of the message.\n\n" + header, "failed\n", header},
		{"bare", "failed\n\n" + header, "failed\n\n", header},
		{"marked", "failed\n> Received: by a\n> Message-ID: <1@b.example>\n> To: x@y.example\n", "failed\n", "> Received: by a\n> Message-ID: <1@b.example>\n> To: x@y.example\n"},
		{"a summary is no header", "Subject: e\nTo: x@y.example\nSent: today\n\nfailed\n", "Subject: e\nTo: x@y.example\nSent: today\n\nfailed\n", ""},
		{"machine fields are no header", "Reporting-MTA: dns; a\nFinal-Recipient: rfc822; b@c.example\n", "Reporting-MTA: dns; a\nFinal-Recipient: rfc822; b@c.example\n", ""},
		{"announced, nothing follows", "failed\n    Below is a copy of the original message:\n\n", "failed\n", ""},
		{"said in passing", "a copy of the message is kept.\nlena@example.com: full\n", "a copy of the message is kept.\nlena@example.com: full\n", ""},
	} {
		if words, quoted := cutReturned(c.in, false); words != c.words || quoted != c.quoted {
			t.Errorf("%s: %q, %q", c.name, words, quoted)
		}
	}
}

// TestCutReturnedApart leaves a summary in the words where the message is returned apart.
func TestCutReturnedApart(t *testing.T) {
	const summary = "This is about\n\n  Message-id: <1@b.example>\n  From: c@d.example\n  To: x@y.example\n  Subject: e\n\nIt failed.\n"
	if words, _ := cutReturned(summary, true); words != summary {
		t.Errorf("%q", words)
	}
	if words, quoted := cutReturned(summary, false); words != summary || !strings.HasPrefix(quoted, "  Message-id: <1@b.example>") {
		t.Errorf("%q, %q", words, quoted)
	}
	if words, _ := cutReturned(strings.ReplaceAll(summary, "  ", ""), false); words != "This is about\n\n" {
		t.Errorf("%q", words)
	}
	if words, _ := cutReturned("It failed.\nReceived: by a\nMessage-ID: <1@b.example>\nFrom: c@d.example\n", true); words != "It failed.\n" {
		t.Errorf("%q", words)
	}
}

func TestEntries(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []entry
	}{
		{"Postfix", "<a@x.example> (expanded from <b@x.example>): host\n    mx said: 550\n    <a@x.example>: unknown\n\n<c@x.example>: full\n", []entry{
			{address: "a@x.example", from: "b@x.example", said: "host mx said: 550 <a@x.example>: unknown"}, {address: "c@x.example", said: "full"}}},
		{"Exim", "  a@x.example\n    (generated from b@x.example)\n    RCPT TO:<a@x.example>:\n    550 no\n", []entry{
			{address: "a@x.example", from: "b@x.example", said: "RCPT TO:<a@x.example>: 550 no", indent: 2}}},
		{"folded before the address", "a@x.example:\nSMTP error after RCPT TO:\n<a@x.example>:\n550 no\n", []entry{
			{address: "a@x.example", said: "SMTP error after RCPT TO: <a@x.example>: 550 no"}}},
		{"reason in the next paragraph", "a@x.example\n\nfull\n\nRegards\n", []entry{{address: "a@x.example", said: "full"}}},
		{"the next paragraph of two is not a reason", "a@x.example\nb@x.example\n\nRegards\n", []entry{{address: "a@x.example"}, {address: "b@x.example"}}},
		{"in a sentence", "Mail to a@x.example failed.\n", nil},
		{"bulleted", " * a@x.example\n", []entry{{address: "a@x.example"}}},
	} {
		got := entries(c.in)
		for i := range got {
			if c.name == "bulleted" {
				got[i].indent = 0
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestReadSession(t *testing.T) {
	s := readSession("... while talking to mx.example.com.:\n>>> RCPT To:<a@x.example>\n<<< 550-no\n<<< 550 user\n550 5.1.1 <a@x.example>... User unknown\n>>> DATA\n<<< 503 need RCPT\nb@x.example... Deferred: busy\n")
	a, ok := s.about["a@x.example"], s.about != nil
	if ok || a != nil {
		t.Fatal("indexed too early")
	}
	s.index()
	if got := s.about["a@x.example"]; got == nil || got.text != "550-no 550 user" || got.host != "mx.example.com" || !got.answer {
		t.Errorf("got %+v", got)
	}
	if got := s.about["b@x.example"]; got == nil || got.text != "Deferred: busy" {
		t.Errorf("got %+v", got)
	}
}

// TestSplit takes broken messages apart.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, in string
		types    string
	}{
		{"nested", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/html\n\ny\n--b--\n\n--a\nContent-Type: message/rfc822\n\nz\n--a--\n",
			"multipart/mixed multipart/alternative text/plain text/html message/rfc822"},
		{"inner end missing", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--a\nContent-Type: message/rfc822\n\nz\n--a--\n",
			"multipart/mixed multipart/alternative text/plain message/rfc822"},
		{"end missing", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n", "multipart/mixed text/plain"},
		{"boundary in quotes with a prefix of another", "Content-Type: multipart/mixed;\n boundary=\"a b\"; x=y\n\n--a b\n\n--a bc\nx\n--a b--\n", "multipart/mixed text/plain"},
		{"no parts", "Content-Type: multipart/mixed; boundary=a\n\nx\n", "multipart/mixed"},
		{"no header in a part", "Content-Type: multipart/mixed; boundary=a\n\n--a\nx y\n--a--\n", "multipart/mixed text/plain"},
		{"type missing at the top", "Subject: x\n\n--a\nContent-Type: text/html\n\ny\n--a--\n", "text/plain text/html"},
		{"digest", "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: x\n--a--\n", "multipart/digest message/rfc822"},
	} {
		m := readMessage([]byte(c.in))
		var types []string
		for _, p := range m.parts {
			types = append(types, p.mediaType)
		}
		if got := strings.Join(types, " "); got != c.types {
			t.Errorf("%s: %s, want %s", c.name, got, c.types)
		}
	}
}
