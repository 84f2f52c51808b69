package parser

import "testing"

func TestTellsOfFiltering(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"From: postmaster@example.com\nSubject: Spam quarantine digest\n\nx\n", true},
		{"From: filter@example.com\nSubject: =?utf-8?Q?3_neue_Nachrichten_in_Quarant=C3=A4ne?=\n\nx\n", true},
		{"From: postmaster@example.com\nSubject: Postfix log summaries for Mar 31\n\nx\n", true},
		{"From: postmaster@example.com\nSubject: VIRUS (Eicar) in mail TO YOU from <x@example.net>\n\nx\n", true},
		{"From: lena@example.com\nSubject: Weekly digest\n\nx\n", false},
		{"From: lena@example.com\nSubject: Automatic reply: Spam quarantine\n\nx\n", false},
		{"From: lena@example.com\nAuto-Submitted: auto-replied\nSubject: In quarantine\n\nx\n", false},
		{"From: lena@example.com\nSubject: Re: Spam quarantine\n\nx\n", false},
		{"From: postmaster@example.com\nSubject: Undeliverable: quarantine rules\n\nx\n", false},
	} {
		if got := readMessage([]byte(c.in)).tellsOfFiltering(); got != c.want {
			t.Errorf("%q: %v", c.in, got)
		}
	}
}
