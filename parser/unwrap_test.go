package parser

import (
	"testing"

	"bouncehound"
)

func TestSettleCodes(t *testing.T) {
	for _, c := range []struct {
		in, told, diagnostic, status string
		reply                        int
	}{
		{"550 5.1.1 no such user", "5.0.0", "550 5.1.1 no such user", "5.1.1", 550},
		{"550 no such user", "5.1.1", "550 no such user", "5.1.1", 550},
		{"450 4.2.0 later", "4.4.7", "450 4.2.0 later", "4.4.7", 450},
		{"550 5.7.1 refused", "5.1.1", "550 5.7.1 refused", "5.7.1", 550},
		{"Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; none'", "", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; none", "5.1.10", 550},
		{"Der Server gab zurück: '554 5.6.0 it's broken'", "", "554 5.6.0 it's broken", "5.6.0", 554},
		{"5.1.0 - Unknown address error 550-'5.7.1 on a list' (delivery attempts: 0)", "5.0.0", "550 5.7.1 on a list", "5.7.1", 550},
		{"<mx.example.com #5.1.1 smtp;550 5.1.1 <a@b.example>... unknown>", "", "550 5.1.1 <a@b.example>... unknown", "5.1.1", 550},
		{"<mx.example.com #4.4.7>", "", "4.4.7", "4.4.7", 0},
		{"550 5.0.350 an error -> 550 5.2.1 switched off", "5.0.350", "550 5.0.350 an error -> 550 5.2.1 switched off", "5.2.1", 550},
		{"554 4.4.7 Message expired<421 4.4.2 line cut>", "4.4.7", "554 4.4.7 Message expired<421 4.4.2 line cut>", "4.4.2", 421},
		{"554 <a@b.example>... 550 Host unknown", "", "554 <a@b.example>... 550 Host unknown", "", 550},
		{"550-5.1.1 no such\n 550-5.1.1 user of\n 550 5.1.1 ours", "", "550 5.1.1 no such user of ours", "5.1.1", 550},
		{"552-one two 552 three", "", "552 one two three", "", 552},
		{"550-only a first line", "", "550 only a first line", "", 550},
		{"250 2.0.0 ok", "5.0.0", "250 2.0.0 ok", "5.0.0", 0},
		{"mx.example.com Remote Server returned \u2018550 5.1.1 none\u2019", "", "550 5.1.1 none", "5.1.1", 550},
		{"5.3.0 - Other mail system problem 554-'refused\\nby all'", "5.0.0", "554 refused by all", "5.3.0", 554},
		{"550 5.4.312 Message expired, DNS query failed -> 450 4.4.312 DNS query failed", "", "550 5.4.312 Message expired, DNS query failed -> 450 4.4.312 DNS query failed", "5.4.312", 550},
		{"英文说明：451 4.4.1 timed out", "4.0.0", "英文说明：451 4.4.1 timed out", "4.4.1", 451},
		{"user 'lena' isn't here", "", "user 'lena' isn't here", "", 0},
	} {
		rec := bouncehound.Recipient{Action: bouncehound.Failed, Diagnostic: c.in, Status: c.told}
		settleCodes(&rec)
		if rec.Diagnostic != c.diagnostic || rec.Status != c.status || rec.Reply != c.reply {
			t.Errorf("%q after %q: %q %q %d, want %q %q %d", c.in, c.told, rec.Diagnostic, rec.Status, rec.Reply, c.diagnostic, c.status, c.reply)
		}
	}
}
