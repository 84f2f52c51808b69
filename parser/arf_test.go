package parser

import (
	"strings"
	"testing"
)

func TestComplaintsOfOthers(t *testing.T) {
	const fields = "Feedback-Type: %\nOriginal-Rcpt-To: <lena@example.net>\n\n--b--\n"
	const top = "From: fbl@example.net\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nSee below.\n--b\n"
	for _, c := range []struct {
		name, in string
		want     int
	}{
		{"machine part", top + "Content-Type: message/feedback-report\n\n" + strings.Replace(fields, "%", "abuse", 1), 1},
		{"machine part labelled as text", top + "Content-Type: text/plain\n\n" + strings.Replace(fields, "%", "abuse", 1), 1},
		{"praise labelled as text", top + "Content-Type: text/plain\n\n" + strings.Replace(fields, "%", "not-spam", 1), 0},
		{"failed authentication labelled as text", "Return-Path: <>\n" + strings.Replace(top, "fbl", "mailer-daemon", 1) + "Content-Type: text/plain\n\n" + strings.Replace(fields, "%", "auth-failure", 1), 0},
		{"in another multipart, by a program", strings.Replace(top, "report; report-type=feedback-report", "mixed", 1) + "Content-Type: message/feedback-report\n\n" + strings.Replace(fields, "%", "abuse", 1), 1},
		{"shown by a person", "User-Agent: Mutt\n" + strings.Replace(top, "report; report-type=feedback-report", "mixed", 1) + "Content-Type: message/feedback-report\n\n" + strings.Replace(fields, "%", "abuse", 1), 0},
	} {
		r := Parse([]byte(c.in))
		if len(r.Recipients) != c.want || r.Unread {
			t.Errorf("%s: %+v, unread %v", c.name, r.Recipients, r.Unread)
		}
	}
}
