package parser

import (
	"strings"
	"testing"
)

func TestIsRobot(t *testing.T) {
	for _, c := range []struct {
		header string
		want   bool
	}{
		{"X-OTRS-Loop: yes", true},
		{"rt-ticket: example.com #1042", true},
		{"X-GitHub-Reason: subscribed", true},
		{"X-Cron-Env: <HOME=/root>", true},
		{"X-Mailer: Zendesk Mailer", true},
		{"X-Mailer: OTOBO Mail Service (10.1.8)", true},
		{"Subject: Cron <root@db1> /usr/local/bin/nightly", true},
		{"X-Mailer: Internet Mail Service (5.5.2653.19)", false},
		{"X-Postfix-Queue-ID: A1", false},
		{"Received: from otrs.example.com", false},
		{"Subject: Undeliverable: Cron <root@db1> nightly", false},
		{"", false},
	} {
		m := readMessage([]byte("From: mailer-daemon@example.com\n" + c.header + "\n\nx\n"))
		if got := isRobot(m.header()); got != c.want {
			t.Errorf("%q: %v", c.header, got)
		}
	}
}

func TestIsTicketSubject(t *testing.T) {
	for subject, want := range map[string]bool{
		"[Ticket#2026011510000187] RE: Unzustellbar":      true,
		"[example.com #1042] AutoReply: Delivery failed?": true,
		"[Заявка 55102] Сообщение не доставлено":          true,
		"[users] Mail delivery failed":                    false,
		"[SPAM 5.2] failure notice":                       false,
		"Undeliverable: [#1042] Delivery failed?":         false,
		"[no end 1042": false,
		"[" + strings.Repeat("x", 100) + "1042] failure notice": false,
		"[12] [345] failure notice":                             false,
		"":                                                      false,
	} {
		if got := isTicketSubject(subject); got != want {
			t.Errorf("%q: %v", subject, got)
		}
	}
}

func TestNamesFailingButReportsNone(t *testing.T) {
	const words = "\nYour message to lena@example.net could not be delivered: 550 5.1.1 user unknown\n"
	const mailer = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\n"
	const keeper = "From: Postmaster <postmaster@example.com>\nSubject: weekly figures\n"
	const program = "From: desk@example.com\nSubject: Mail delivery failed\n"
	const returned = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + words + "--b\nContent-Type: message/rfc822\n\nFrom: %\nTo: lena@example.net\nSubject: hello\n\n--b--\n"
	for _, c := range []struct {
		name, in string
		blamed   bool
	}{
		{"a mail server", mailer + words, true},
		{"an issue tracker", mailer + "X-Redmine-Host: example.com\n" + words, false},
		{"cron", mailer + "X-Cron-Env: <HOME=/root>\n" + words, false},
		{"a mail server that answers nothing", mailer + "Auto-Submitted: auto-generated\n" + words, false},
		{"sendmail's word for a report", mailer + "Auto-Submitted: auto-generated (failure)\n" + words, true},
		{"called a mail system", "Return-Path: <>\nFrom: Mail System <figures@example.com>\n" + words, false},
		{"called so, and a report by its subject", "Return-Path: <>\nFrom: Mail System <figures@example.com>\nSubject: failure notice\n" + words, true},
		{"called so, from a sender that takes replies", "Return-Path: <www@example.com>\nFrom: Mail System <figures@example.com>\nSubject: failure notice\n" + words, false},
		{"called so, without an address", "Return-Path: <>\nFrom: System Administrator\nSubject: Undeliverable: hello\n" + words, true},
		{"called so, with the letter", "Return-Path: <>\nFrom: Mail System <figures@example.com>\n" + strings.Replace(returned, "%", "shop@example.org", 1), true},
		{"a keeper, from the null sender", "Return-Path: <>\n" + keeper + words, false},
		{"a keeper, and a report by its subject", "Return-Path: <>\n" + strings.Replace(keeper, "weekly figures", "failure notice", 1) + words, true},
		{"a keeper who returns the letter", "Return-Path: <>\n" + keeper + strings.Replace(returned, "%", "shop@example.org", 1), true},
		{"a keeper himself", "Return-Path: <postmaster@example.com>\n" + keeper + words, false},
		{"a keeper's program", "Return-Path: <root@example.com>\n" + keeper + words, false},
		{"a keeper's mailing", "Return-Path: <>\n" + keeper + "List-Unsubscribe: <mailto:off@example.com>\n" + words, false},
		{"a subject alone", "Return-Path: <>\n" + program + words, false},
		{"a subject and the letter", "Return-Path: <>\n" + program + strings.Replace(returned, "%", "shop@example.org", 1), true},
		{"a subject and a report passed on", "Return-Path: <>\n" + program + strings.Replace(returned, "%", "mailer-daemon@mx.example.com", 1), false},
		{"a subject and the writer's own letter", program + strings.Replace(returned, "%", "desk@example.com", 1), false},
		{"a mailing with a letter", "Return-Path: <>\nFeedback-ID: 1:2:3:x\n" + program + strings.Replace(returned, "%", "shop@example.org", 1), false},
		{"a ticket with a letter", "Return-Path: <>\n" + strings.Replace(program, "Mail", "[Desk 8124] Mail", 1) + strings.Replace(returned, "%", "shop@example.org", 1), false},
	} {
		if r := Parse([]byte(c.in)); r.Understood() != c.blamed {
			t.Errorf("%s: %+v", c.name, r.Recipients)
		}
	}
}
