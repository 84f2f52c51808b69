package parser

import "testing"

func TestChallenges(t *testing.T) {
	const auto = "From: lena@example.net\nAuto-Submitted: auto-replied\n"
	const held = "\nYour message is being held. Reply to this one to have it delivered.\n"
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"asks, and the letter waits", auto + "Subject: Please confirm your message\n" + held, true},
		{"by its null sender", "Return-Path: <>\nFrom: lena@example.net\nSubject: Verification required\n" + held, true},
		{"German", auto + "Subject: =?utf-8?Q?Bitte_best=C3=A4tigen_Sie_Ihre_Nachricht?=\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nSie wurde noch nicht zugestellt.\n", true},
		{"a field", "From: lena@example.net\nSubject: hello\nX-AskVersion: 2.5.3\n\nx\n", true},
		{"the address to reply to", "From: lena@example.net\nReply-To: lena-confirm-1.2.ab@example.net\nX-Delivery-Agent: TMDA/1.1.12 (Macallan)\nSubject: Un moment\n\nx\n", true},
		{"a forum", auto + "Subject: Please confirm your e-mail address\n\nWelcome. Follow this link.\n", false},
		{"a person asks", "From: lena@example.net\nSubject: Please confirm\n" + held, false},
		{"a list", auto + "List-Id: <tea.example.net>\nSubject: Please confirm your message\n" + held, false},
		{"a mail server", "Return-Path: <>\nFrom: mailer-daemon@example.net\nSubject: Please confirm your message\n" + held, false},
		{"waits, but nothing is asked", auto + "Subject: Received\n" + held, false},
	} {
		r := Parse([]byte(c.in))
		if got := len(r.Recipients) == 1 && r.Recipients[0].Action == "challenged" && r.Recipients[0].Address == "lena@example.net"; got != c.want {
			t.Errorf("%s: %+v", c.name, r.Recipients)
		}
	}
}
