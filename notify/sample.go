package notify

import (
	"encoding/json"
	"time"

	"bouncehound"
)

// sampleAddress is what test and sample events are about. RFC 2606 keeps its domain
// from ever being anybody's.
const sampleAddress = "webhook-test@example.invalid"

// samples returns what a template is tried with: events of a type with all that they
// can hold, and with as little.
func samples(kind bouncehound.EventType) []bouncehound.Event {
	at := time.Date(2026, 1, 27, 14, 59, 44, 0, time.UTC)
	full := sampleBounce(at)
	bare := bouncehound.Bounce{ArrivedAt: at, Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: sampleAddress}, Verdict: bouncehound.Verdict{Class: bouncehound.Undetermined, Reason: bouncehound.ReasonUndetermined}}
	if kind == bouncehound.BounceRecorded {
		return []bouncehound.Event{sampleEvent(kind, at, full), sampleEvent(kind, at, bare)}
	}
	switch kind {
	case bouncehound.MailboxFailing:
		return []bouncehound.Event{sampleEvent(kind, at, bouncehound.Alert{Mailbox: "bounces", Since: at, Failures: 3, Error: "connection refused", Sequence: 1})}
	case bouncehound.WebhookFailing:
		return []bouncehound.Event{sampleEvent(kind, at, bouncehound.Alert{Webhook: "crm", Failures: 5, Error: "answered 500", Paused: true, Sequence: 1})}
	case bouncehound.BlockedSender:
		return []bouncehound.Event{sampleEvent(kind, at, bouncehound.Alert{
			Provider: "example.com", Reason: bouncehound.SenderBlocked, Status: "5.7.1", Diagnostic: "554 5.7.1 Listed", Explanation: "A test.", Advice: "None.", Sequence: 1,
		})}
	}
	change := bouncehound.Change{
		Email: sampleAddress, Standing: bouncehound.DoNotEmail, Previous: bouncehound.OK, Since: at, Cause: bouncehound.CauseBounce,
		By: "ada", Note: `a "note"`, Sequence: 1, Bounce: &full,
	}
	switch kind {
	case bouncehound.ContactWatch:
		change.Standing = bouncehound.Watch
	case bouncehound.ContactOK:
		change.Standing, change.Previous = bouncehound.OK, bouncehound.Watch
	case bouncehound.ContactReleased:
		change.Standing, change.Previous = bouncehound.OK, bouncehound.DoNotEmail
	}
	least := bouncehound.Change{Email: change.Email, Standing: change.Standing, Previous: change.Previous, Since: at, Cause: bouncehound.CauseHand, Sequence: 1}
	return []bouncehound.Event{sampleEvent(kind, at, change), sampleEvent(kind, at, least)}
}

// sampleBounce is a bounce that no receiver should do anything about: soft, and of an
// address that cannot be.
func sampleBounce(at time.Time) bouncehound.Bounce {
	return bouncehound.Bounce{
		Format: "dsn", MessageID: "<report@mx.example.net>", ArrivedAt: at, ReportingMTA: "mx.example.net",
		Recipient: bouncehound.Recipient{
			Action: bouncehound.Failed, Address: sampleAddress, Final: "webhook-test@example.test", Status: "4.2.2", Reply: 452,
			Diagnostic: `452 4.2.2 This is a test: "the mailbox is full"`, RemoteMTA: "mx.example.net",
		},
		Original: bouncehound.Original{
			MessageID: "<test@example.org>", InReplyTo: "<before@example.org>", References: "<before@example.org>", Subject: "A test", From: "News <news@example.org>",
			To: sampleAddress, Date: "2026-01-27T14:00:00Z", ListID: "news.example.org", Headers: map[string]string{"X-Contact-Id": "42"},
		},
		Verdict: bouncehound.Verdict{
			Class: bouncehound.Soft, Reason: bouncehound.MailboxFull, Fault: bouncehound.FaultRecipient, SESType: "Transient", SESSubtype: "MailboxFull",
			Rule: "test", Matched: "4.2.2", Confidence: bouncehound.HighConfidence, Explanation: "A test.", Advice: "None.", Retry: bouncehound.RetryLater,
		},
	}
}

func sampleEvent(kind bouncehound.EventType, at time.Time, data any) bouncehound.Event {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err) // our own types
	}
	return bouncehound.Event{Sequence: 1, ID: "evt_00000000000000000000000000000000", Type: kind, At: at, Data: b}
}
