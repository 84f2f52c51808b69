package parser

import "testing"

func TestIsDaemon(t *testing.T) {
	for _, c := range []struct {
		from string
		want bool
	}{
		{"MAILER-DAEMON@mx.example.org (Mail Delivery System)", true},
		{"Mail Delivery Subsystem <mailer-daemon@example.com>", true},
		{"<>", true},
		{"mailer-daemon", true},
		{"Postmaster <>", true},
		{"postmaster@example.com", true},
		{`"Mail Delivery System" <noreply@example.com>`, true},
		{"=?utf-8?Q?Mail_Delivery_System?= <x@example.com>", true},
		{"System Administrator <x@example.com>", true},
		{"Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>", true},
		{"Lena <lena@example.com>", false},
		{"lena.postmaster@example.com", false},
		{"news@postmaster.example", false},
		{"", false},
	} {
		if got := isDaemon(c.from); got != c.want {
			t.Errorf("isDaemon(%q) = %v", c.from, got)
		}
	}
}

func TestSubjects(t *testing.T) {
	for _, c := range []struct {
		subject             string
		answer, bounce, out bool
	}{
		{"Undelivered Mail Returned to Sender", false, true, false},
		{"Re: Undelivered Mail Returned to Sender", true, false, false},
		{"AW: Unzustellbar: Rechnung", true, false, false},
		{"Unzustellbar: Rechnung", false, true, false},
		{"Не удается доставить: письмо", false, true, false},
		{"配信不能: 件名", false, true, false},
		{"Automatic reply: Invoice", false, false, true},
		{"AUTOMATISCHE ANTWORT: Rechnung", false, false, true},
		{"Автоматический ответ: письмо", false, false, true},
		{"RÉPONSE AUTOMATIQUE : facture", false, false, true},
		{"Invoice 4711", false, false, false},
		{"Report of the meeting", false, false, false},
		{"", false, false, false},
	} {
		if a, b, o := isAnswer(c.subject), isBounceSubject(c.subject), isAutoReplySubject(c.subject); a != c.answer || b != c.bounce || o != c.out {
			t.Errorf("%q: answer %v, bounce %v, automatic %v", c.subject, a, b, o)
		}
	}
}

func TestLooksLikeReport(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"daemon", "From: MAILER-DAEMON@x.example\n\n", true},
		{"daemon with a mail program", "From: mailer-daemon@x.example\nUser-Agent: WebMail\n\n", true},
		{"daemon that keeps the subject", "From: MAILER-DAEMON@x.example\nSubject: Re: hello\n\n", true},
		{"the postmaster writes", "From: postmaster@x.example\nUser-Agent: Mutt\nSubject: your server\n\n", false},
		{"the postmaster answers", "From: postmaster@x.example\nSubject: Re: your server\n\n", false},
		{"status report from anyone", "From: a@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n", true},
		{"report of another type", "From: a@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n", false},
		{"failed recipients", "From: a@x.example\nX-Failed-Recipients: b@x.example\n\n", true},
		{"null sender", "Return-Path: <>\nFrom: a@x.example\nSubject: hello\n\n", true},
		{"null sender that replies by itself", "Return-Path: <>\nFrom: a@x.example\nAuto-Submitted: auto-replied\nSubject: hello\n\n", false},
		{"null sender that answers", "Return-Path: <>\nFrom: a@x.example\nSubject: Re: hello\n\n", false},
		{"subject of a program", "Return-Path: <bounce@x.example>\nFrom: robot@x.example\nSubject: Undeliverable: hello\n\n", true},
		{"subject of a person", "Return-Path: <a@x.example>\nFrom: a@x.example\nSubject: Undeliverable: hello\n\n", false},
		{"subject of a person in a thread", "From: a@x.example\nReferences: <1@x.example>\nSubject: Undeliverable: hello\n\n", false},
		{"list", "Return-Path: <>\nFrom: a@x.example\nList-Id: <l.x.example>\nSubject: Undeliverable: hello\n\n", false},
	} {
		if got := readMessage([]byte(c.in)).looksLikeReport(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestParam(t *testing.T) {
	for _, c := range []struct{ params, name, want string }{
		{` boundary="a b"; charset=x`, "boundary", "a b"},
		{`charset=x; BOUNDARY=ab`, "boundary", "ab"},
		{` charset="utf-8" boundary=ab`, "boundary", "ab"},
		{` boundary = "ab"`, "boundary", "ab"},
		{` boundary="ab`, "boundary", "ab"},
		{` x-boundary=no; boundary=ab`, "boundary", "ab"},
		{` name="boundary=no"; boundary=ab`, "charset", ""},
		{``, "boundary", ""},
	} {
		if got := param(c.params, c.name); got != c.want {
			t.Errorf("param(%q, %q) = %q, want %q", c.params, c.name, got, c.want)
		}
	}
}

func TestHeader(t *testing.T) {
	m := readMessage([]byte("\n\nFrom x\nSubject : =?utf-8?B?VMOkZQ==?=\n =?iso-8859-1?Q?_f=FCr?= dich\nX-Empty:\nno field here\nTO:a@x.example,\n\tb@x.example\n\nbody\n"))
	h := m.header()
	for name, want := range map[string]string{"subject": "Täe für dich", "X-EMPTY": "", "to": "a@x.example, b@x.example", "cc": ""} {
		if got := h.words(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !h.has("x-empty") || h.has("cc") {
		t.Error("has")
	}
	if m.parts[0].body != "body\n" {
		t.Errorf("body %q", m.parts[0].body)
	}
}

func TestIndexFold(t *testing.T) {
	for _, c := range []struct {
		s, needle string
		want      int
	}{
		{"abc", "abc", 0}, {"xABC", "abc", 1}, {"ababC", "abc", 2}, {"AbAbc", "abc", 2}, {"ab", "abc", -1}, {"", "a", -1}, {"x--Y", "-y", 2}, {"xxa", "a", 2}, {"Ä", "a", -1},
	} {
		if got := indexFold(c.s, c.needle); got != c.want {
			t.Errorf("indexFold(%q, %q) = %d, want %d", c.s, c.needle, got, c.want)
		}
	}
}
