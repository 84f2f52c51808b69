package parser

import (
	"testing"
	"time"
)

func TestReadDate(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Thu, 5 Mar 2026 09:00:02 +0100", "2026-03-05T08:00:02Z"},
		{"Thu, 05 Mar 2026 09:00:02 -0330 (NST)", "2026-03-05T12:30:02Z"},
		{"5 Mar 26 09:00 GMT", "2026-03-05T09:00:00Z"},
		{"Thu, 5 Mar 2026 09:00:02 EST (a (nested) comment)", "2026-03-05T14:00:02Z"},
		{"Mon,  2 Apr 101 04:20:10 CST", "2001-04-02T10:20:10Z"},
		{"Thu Mar  5 09:00:02 2026", "2026-03-05T09:00:02Z"},
		{"Thu Mar  5 09:00:02 PST 2026", "2026-03-05T17:00:02Z"},
		{"Wed, 30 Jun 10 10:38:06 -0700", "2010-06-30T17:38:06Z"},
		{"Do, 5 Mar 2026 09:00:02 MEZ", "2026-03-05T08:00:02Z"},
		{"Tuesday, Apr 29, 2008 2:45:56 PM", "2008-04-29T14:45:56Z"},
		{"05-Mar-2026 12:00:00 AM +0000", "2026-03-05T00:00:00Z"},
		{"2026-03-05T09:00:02+01:00", "2026-03-05T08:00:02Z"},
		{"2026-03-05 09:00:02", "2026-03-05T09:00:02Z"},
		{"Thu, 5 Mar 2026 09:00:02 Europe/Berlin", "2026-03-05T09:00:02Z"},
		{"Thu, 5 Mar 1926 09:00:02 +0100", ""},
		{"Thu, 5 Mar 9999 09:00:02 +0100", ""},
		{"Thu, 45 Mar 2026 09:00:02 +0100", ""},
		{"yesterday", ""},
		{"", ""},
	} {
		got, ok := readDate(c.in)
		if !ok {
			if c.want != "" || !got.IsZero() {
				t.Errorf("readDate(%q) = %v, want %s", c.in, got, c.want)
			}
			continue
		}
		if s := got.Format(time.RFC3339); s != c.want {
			t.Errorf("readDate(%q) = %s, want %s", c.in, s, c.want)
		}
	}
}

func TestReceivedDate(t *testing.T) {
	const in = "from a (b; c) by d\n\twith ESMTP id 7; Thu, 5 Mar 2026 09:00:02 +0000 (UTC)"
	if got := receivedDate(unfold(in)).Format(time.RFC3339); got != "2026-03-05T09:00:02Z" {
		t.Error(got)
	}
	if got := receivedDate("from a by b"); !got.IsZero() {
		t.Error(got)
	}
}
