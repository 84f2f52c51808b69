package classifier

import (
	"testing"

	"bouncehound"
)

// TestSendersAreNoContacts: what is said of the sender, his server, his login or
// the message is never taken for a word about the contact, however much it sounds
// like one.
func TestSendersAreNoContacts(t *testing.T) {
	c := newBuiltin(t)
	for _, line := range []string{
		"550 origin.example does not exist (in reply to MAIL FROM command)",
		"550 5.1.1 unknown user (in reply to MAIL FROM command)",
		"550 Verification failed for <jo@example.net>No Such User HereSender verify failed",
		"550 5.7.1 Sender address unknown",
		"550 unknown sender domain",
		"550 Sender not found",
		"550 From user does not exist",
		"535 Your account has been disabled",
		"535 5.7.8 user not found",
		"554 mail from unknown address",
		"550 sender mailbox does not exist",
		"550 Domain of sender does not exist",
		"550 HELO domain does not exist",
		"550 invalid HELO: host unknown",
		"550 reverse lookup: host not found",
		"450 4.7.1 Client host rejected: host unknown",
		"550 Unknown client host",
		"550 Return-path user unknown",
		"550 Envelope sender is unknown",
		"554 5.7.1 url domain not found",
		"550 rejected: mail to unknown users from your IP",
		"421 too many invalid recipients",
		"550 You sent to too many unknown users",
		"550 Directory harvest attack: unknown user limit exceeded",
		"450 4.7.1 Recipient address rejected: Service is unavailable",
		"550 5.7.1 user unknown on blacklisted IP",
		"550 Sending account suspended",
		"550 5.7.1 Your account is disabled for sending",
		"550 outgoing mail from jo@example.net has been suspended",
		"550 Sender's account has been suspended",
		"550 The From address jo@example.net does not exist",
		"550 no such user (sender verify)",
		"550 Could not verify sender: user unknown",
		"550 Sender verify failed: no such user here",
		"550 5.1.0 user jo@example.net not found for sending",
		"550 5.7.1 TLS certificate: no such host",
		"550 The sending IP does not exist in DNS",
		"550 5.7.1 domain example.com not found in allowed senders",
		"451 DNS: host not found, try again later",
		"550 No such domain in Message-ID",
		"554 Message-ID domain does not exist",
		"550 Attachment file not found: invalid user",
		"450 4.1.1 recipient address rejected: mailbox unavailable, greylisted",
		"450 Requested mail action not taken: mailbox unavailable",
		"550 Mail from unknown host",
		"550 Unknown host: your HELO name",
		"550 5.7.1 invalid recipient limit",
		"554 Too many invalid recipients, IP blocked",
		"550 inactive IP",
		"550 Access from your account is disabled",
		"550 SMTP AUTH account locked",
		"421 4.7.0 account locked due to too many authentication failures",
	} {
		if v := c.Explain(line); v.Class == bouncehound.Hard {
			t.Errorf("%q is called %s by %s on %q", line, v.Reason, v.Rule, v.Matched)
		}
	}
}
