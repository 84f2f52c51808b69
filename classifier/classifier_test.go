package classifier

import (
	"strings"
	"sync"
	"testing"

	"bouncehound"
)

func failed(status string, reply int, diagnostic string) bouncehound.Recipient {
	return bouncehound.Recipient{Action: bouncehound.Failed, Address: "jo@example.net", Status: status, Reply: reply, Diagnostic: diagnostic}
}

// TestClassify: the traps of the design, each of which has flagged innocent
// contacts elsewhere.
func TestClassify(t *testing.T) {
	c := newBuiltin(t)
	for _, test := range []struct {
		name       string
		r          bouncehound.Recipient
		class      bouncehound.Class
		reason     bouncehound.Reason
		ses        string
		confidence bouncehound.Confidence
	}{
		{"text and code agree", failed("5.1.1", 550, "550 5.1.1 <jo@example.net>: User unknown"), bouncehound.Hard, bouncehound.UserUnknown, "Permanent/General", bouncehound.HighConfidence},
		{"a code alone", failed("5.1.1", 550, ""), bouncehound.Hard, bouncehound.UserUnknown, "Permanent/General", bouncehound.MediumConfidence},
		{"text alone", failed("", 0, "user unknown"), bouncehound.Hard, bouncehound.UserUnknown, "Permanent/General", bouncehound.MediumConfidence},
		{"a vendor's token", failed("", 0, "RESOLVER.ADR.RecipientNotFound"), bouncehound.Hard, bouncehound.UserUnknown, "Permanent/General", bouncehound.HighConfidence},
		{"550 alone is not hard", failed("", 550, "550"), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
		{"5.0.0 alone is not hard", failed("5.0.0", 550, "550 5.0.0"), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
		{"5.7.1 alone is a policy", failed("5.7.1", 550, "550 5.7.1"), bouncehound.Block, bouncehound.PolicyRefused, "Transient/General", bouncehound.LowConfidence},
		{"5.3.0 alone", failed("5.3.0", 0, ""), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
		{"5.5.0 alone", failed("5.5.0", 0, ""), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
		{"5.4.0 alone", failed("5.4.0", 0, ""), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
		{"a full mailbox is soft, whatever the digit", failed("5.2.2", 552, "552 5.2.2 Mailbox full"), bouncehound.Soft, bouncehound.MailboxFull, "Transient/MailboxFull", bouncehound.HighConfidence},
		{"5.2.2 of the sender's quota", failed("5.2.2", 550, "550 5.2.2 Submission quota exceeded"), bouncehound.Block, bouncehound.RateLimited, "Transient/General", bouncehound.HighConfidence},
		{"5.7.26 is the sender's", failed("5.7.26", 550, "550 5.7.26 unauthenticated mail is not accepted"), bouncehound.Block, bouncehound.AuthFailed, "Transient/General", bouncehound.HighConfidence},
		{"a 5.1.1 that is rate limited", failed("5.1.1", 550, "550 5.1.1 <jo@example.net> rate limited"), bouncehound.Block, bouncehound.RateLimited, "Transient/General", bouncehound.MediumConfidence},
		{"5.4.1 Access denied at Exchange Online", failed("5.4.1", 550, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"), bouncehound.Hard, bouncehound.UserUnknown, "Permanent/General", bouncehound.HighConfidence},
		{"5.4.1 otherwise", failed("5.4.1", 0, "no route"), bouncehound.Soft, bouncehound.ConnectionFailed, "Transient/General", bouncehound.MediumConfidence},
		{"an attachment", failed("", 552, "552-5.7.0 Our system detected an illegal attachment on your message."), bouncehound.Block, bouncehound.ContentRejected, "Transient/AttachmentRejected", bouncehound.MediumConfidence},
		{"too large", failed("5.3.4", 552, "552 5.3.4 Message too large"), bouncehound.Block, bouncehound.MessageTooLarge, "Transient/MessageTooLarge", bouncehound.HighConfidence},
		{"suppressed", failed("", 605, "605 Not delivering to previously bounced address"), bouncehound.Block, bouncehound.Suppressed, "Permanent/Suppressed", bouncehound.HighConfidence},
		{"refused before the recipient was named", failed("5.1.1", 550, "host mx.example.net[192.0.2.1] said: 550 5.1.1 User unknown (in reply to MAIL FROM command)"), bouncehound.Block, bouncehound.SenderRejected, "Transient/General", bouncehound.MediumConfidence},
		{"what Gmail quotes", failed("4.2.2", 450, "it was rejected by the recipient domain. The error that the other server returned was: 450 4.2.2 Mailbox full"), bouncehound.Soft, bouncehound.MailboxFull, "Transient/MailboxFull", bouncehound.HighConfidence},
		{"nothing at all", failed("", 0, ""), bouncehound.Undetermined, bouncehound.ReasonUndetermined, "Undetermined/Undetermined", bouncehound.LowConfidence},
	} {
		v := c.Classify(test.r)
		if v.Class != test.class || v.Reason != test.reason || v.SESType+"/"+v.SESSubtype != test.ses || v.Confidence != test.confidence {
			t.Errorf("%s: got %s %s %s/%s %s by %s on %q", test.name, v.Class, v.Reason, v.SESType, v.SESSubtype, v.Confidence, v.Rule, v.Matched)
		}
		if v.Explanation == "" || v.Advice == "" || v.Retry == "" || v.Fault == "" {
			t.Errorf("%s: incomplete: %+v", test.name, v)
		}
	}
}

// TestActionsThatLoseNothing have class none, no SES names and no fault.
func TestActionsThatLoseNothing(t *testing.T) {
	c := newBuiltin(t)
	for action, reason := range map[bouncehound.Action]bouncehound.Reason{
		bouncehound.Delayed: bouncehound.ReasonDelayed, bouncehound.Delivered: bouncehound.ReasonDelivered,
		bouncehound.Relayed: bouncehound.ReasonDelivered, bouncehound.Expanded: bouncehound.ReasonDelivered,
		bouncehound.Replied: bouncehound.ReasonAutoReply, bouncehound.Challenged: bouncehound.ReasonChallenged,
		bouncehound.NoAction: bouncehound.ReasonNotABounce,
	} {
		v := c.Classify(bouncehound.Recipient{Action: action, Address: "jo@example.net", Diagnostic: "550 5.1.1 user unknown"})
		if v.Class != bouncehound.None || v.Reason != reason || v.SESType != "" || v.SESSubtype != "" || v.Fault != "" || v.Rule == "" {
			t.Errorf("%s: %+v", action, v)
		}
	}
	v := c.Classify(bouncehound.Recipient{Action: bouncehound.Complained, Address: "jo@example.net"})
	if v.Class != bouncehound.Complaint || v.Reason != bouncehound.ComplaintReceived || v.SESType != "" {
		t.Errorf("complained: %+v", v)
	}
}

func TestNoAddress(t *testing.T) {
	c := newBuiltin(t)
	r := failed("5.1.1", 550, "550 5.1.1 user unknown")
	r.Address = ""
	if v := c.Classify(r); v.SESType != "Permanent" || v.SESSubtype != "NoEmail" || v.Reason != bouncehound.UserUnknown {
		t.Errorf("%+v", v)
	}
	if v := c.Explain("Permanent/NoEmail"); v.SESType != "Permanent" || v.SESSubtype != "NoEmail" {
		t.Errorf("got %s/%s", v.SESType, v.SESSubtype)
	}
	if v := c.Explain("5.1.1"); v.SESSubtype != "General" {
		t.Errorf("explaining a code has no address either: %+v", v)
	}
}

// TestMatchedIsTheServersSpelling: evidence is shown as it was said.
func TestMatchedIsTheServersSpelling(t *testing.T) {
	c := newBuiltin(t)
	for line, want := range map[string]string{
		"550 5.1.1 User   Unknown":              "user unknown", // not contiguous as said, so as compared
		"550 User Unknown":                      "User Unknown",
		"550 resolver.ADR.RecipientNotFound; x": "resolver.ADR.RecipientNotFound",
		"5.7.129":                               "5.7.129",
	} {
		if v := c.Explain(line); v.Matched != want {
			t.Errorf("%q: matched %q, want %q", line, v.Matched, want)
		}
	}
}

// TestRemoteIsAWitness: the same words mean different things from different
// servers.
func TestRemoteIsAWitness(t *testing.T) {
	c := newBuiltin(t)
	r := failed("", 550, "550 Invalid Recipient")
	r.RemoteMTA = "us-smtp-inbound-1.mimecast.com"
	if v := c.Classify(r); v.Rule != "mimecast/user-unknown" {
		t.Errorf("at Mimecast: %+v", v)
	}
	r.RemoteMTA = "notmimecast.com"
	if v := c.Classify(r); v.Rule == "mimecast/user-unknown" {
		t.Errorf("not at Mimecast: %+v", v)
	}
	r.RemoteMTA, r.Diagnostic = "mx.example.net", "421 4.3.0 Temporary System Problem. Try again later. abc123 - gsmtp"
	if v := c.Classify(r); v.Rule != "google/trouble" {
		t.Errorf("signed by Gmail: %+v", v)
	}
}

func TestDidYouMean(t *testing.T) {
	c := newBuiltin(t)
	for address, want := range map[string]string{
		"jo@gmal.com": "jo@gmail.com", "jo@hotnail.com": "jo@hotmail.com", "jo@gmail.com": "", "jo@example.net": "",
		"jo@yahho.com": "jo@yahoo.com", "jo@mail.com": "", "jo@email.com": "", "jo@yahoo.ie": "", "jo@hotmail.con": "jo@hotmail.com", "jo@gmail.co": "jo@gmail.com", "jo@gmx.com": "", "": "",
	} {
		r := failed("5.1.2", 550, "550 5.1.2 Domain not found")
		r.Address = address
		advice := c.Classify(r).Advice
		if want == "" && strings.Contains(advice, "Did you mean") || want != "" && !strings.Contains(advice, "Did you mean "+want+"?") {
			t.Errorf("%s: %s", address, advice)
		}
	}
	r := failed("5.7.26", 550, "550 5.7.26 unauthenticated")
	r.Address = "jo@gmal.com"
	if advice := c.Classify(r).Advice; strings.Contains(advice, "Did you mean") {
		t.Errorf("a block is no typing error: %s", advice)
	}
}

// TestWords: a verdict that was stored without words gets those it had.
func TestWords(t *testing.T) {
	c := newBuiltin(t)
	for _, line := range []string{"5.7.129", "550 5.1.1 user unknown", "552-5.7.0 illegal attachment on your message", "606", "delayed"} {
		v := c.Explain(line)
		stored := bouncehound.Verdict{Rule: v.Rule, Reason: v.Reason, Matched: v.Matched, Confidence: v.Confidence}
		if got := c.Words(stored); got != v {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, v)
		}
	}
	v := c.Words(bouncehound.Verdict{Rule: "gone/rule", Reason: bouncehound.MailboxFull, SESType: "Permanent", SESSubtype: "NoEmail"})
	if v.Class != bouncehound.Soft || v.Explanation == "" || v.SESSubtype != "NoEmail" {
		t.Errorf("a rule that is no more: %+v", v)
	}
	v = c.Words(bouncehound.Verdict{Rule: "enhanced/recipient-restricted", Reason: bouncehound.MailboxFull})
	if row, _ := reasonRow(bouncehound.MailboxFull); v.Explanation != row.Explanation {
		t.Errorf("the words of a rule that decides otherwise today: %+v", v)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := newBuiltin(t)
	want := c.Explain("550 5.1.1 User unknown")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				c.Explain("452 4.2.2 Postfach ist voll, ‘quota’")
				if got := c.Explain("550 5.1.1 User unknown"); got != want {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
	wg.Wait()
}
