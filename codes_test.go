package bouncehound_test

import (
	"testing"

	"bouncehound"
)

func TestCodes(t *testing.T) {
	for _, c := range []struct {
		in     string
		reply  int
		status string
	}{
		{"550 5.1.1 no such user", 550, "5.1.1"},
		{"550-5.1.1 no such user", 550, "5.1.1"},
		{"550 #5.1.0 Address rejected.", 550, "5.1.0"},
		{"smtp;550 5.2.2 full", 550, "5.2.2"},
		{"host mx[192.0.2.7] said: 421 4.7.0 later (in reply to RCPT TO command)", 421, "4.7.0"},
		{"mx.example.com #550 5.1.10 RESOLVER.ADR.RecipientNotFound; ##", 550, "5.1.10"},
		{"Remote Server returned '550 5.4.1 Access denied'", 550, "5.4.1"},
		{"220-greeting 421 4.2.1 refused", 421, "4.2.1"},
		{"SMTP error code 554", 554, ""},
		{"expired <421 4.4.2 cut>", 421, "4.4.2"},
		{"Server dropped connection: 605 Not delivering to previously bounced address", 605, ""},
		{"Sorry, no mailbox here by that name. (#5.1.1)", 0, "5.1.1"},
		{"5.0.0 then 5.7.26 is told", 0, "5.7.26"},
		{"5.0.0 alone", 0, "5.0.0"},
		{"250 2.0.0 ok", 0, "2.0.0"},
		{"from 192.0.2.7 port 587, 450 messages", 0, ""},
		{"the client 5.6.7.8 was refused", 0, ""},
		{"sendmail 5.65.1234 said no", 0, ""},
		{"call (480) 555-0100", 0, ""},
		{"no mailbox (550)", 550, ""},
		{"call 555 0100, room 421b", 0, ""},
		{"lena550@example.com", 0, ""},
		{"connect to mx.example.com[192.0.2.55]:587: error", 0, ""},
		{"connect to mx.example.com:465 failed", 0, ""},
		{"error:550", 550, ""},
		{"250 2.1.0 sender ok, 550 5.1.1 unknown", 550, "5.1.1"},
		{"250 2.0.0 ok", 0, "2.0.0"},
		{"Connection refused (errno=451)", 0, ""},
		{"Exim 4.94.2 refused it", 0, ""},
		{"CommuniGate Pro 5.2.3 says no", 0, ""},
		{"OpenSSL 5.1.1 is 500 days old", 0, ""},
		{"version 5.1.1", 0, ""},
		{"error 451 days ago", 0, ""},
		{"the queue holds: 500 messages", 0, ""},
		{"quota is 512 MB", 0, ""},
		{"limit: 500 recipients per hour", 0, ""},
		{"it was 550 miles", 0, ""},
		{"on 5.12.2025 at 4:50", 0, ""},
		{"since 4.11.26", 0, ""},
		{"queue id 550E8A41B", 0, ""},
		{"room 5.1.1a", 0, ""},
		{"(in reply to end of DATA command) 552", 552, ""},
		{"+49 421 5550100", 0, ""},
		{"tel. 450 555 0100", 0, ""},
		{"phone: 450 555 0100", 0, ""},
		{"call 1-450-555-0100", 0, ""},
		{"fax: 450-555-0100", 0, ""},
		{"at 5:50 pm, error: 450", 450, ""},
		{"", 0, ""},
	} {
		if reply, status := bouncehound.Codes(c.in); reply != c.reply || status != c.status {
			t.Errorf("Codes(%q) = %d, %q, want %d, %q", c.in, reply, status, c.reply, c.status)
		}
	}
}
