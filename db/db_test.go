package db_test

import (
	"flag"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

// A clock is the time of a test, which moves it.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// noon is when tests begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open opens a new store whose time stands at noon.
func open(t testing.TB) (*db.DB, *clock) {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "test.db"))
}

func openAt(t testing.TB, path string) (*db.DB, *clock) {
	t.Helper()
	c := &clock{noon}
	store, err := db.Open(t.Context(), path, db.Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, c
}

// message returns a message that says one thing, judged, at a place of its own.
func message(n int, at time.Time, rec bouncehound.Recipient, v bouncehound.Verdict) bouncehound.Judged {
	m := bouncehound.Message{
		Source:       fmt.Sprintf("bounces/INBOX;UID=%d", n),
		Place:        bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: uint32(n)},
		InternalDate: at,
		Raw:          fmt.Appendf(nil, "Subject: report %d\r\n\r\nto %s: %s\r\n", n, rec.Address, rec.Diagnostic),
	}
	r := bouncehound.Report{
		Format: "dsn", MessageID: fmt.Sprintf("<report-%d@mx.example.net>", n), ReportingMTA: "mx.example.net",
		Original:   bouncehound.Original{MessageID: fmt.Sprintf("<letter-%d@example.org>", n), Subject: "News", Headers: map[string]string{"X-Contact-Id": fmt.Sprint(n)}},
		Recipients: []bouncehound.Recipient{rec},
	}
	return judged(m, r, v)
}

func judged(m bouncehound.Message, r bouncehound.Report, v ...bouncehound.Verdict) bouncehound.Judged {
	return bouncehound.Judged{Message: m, ID: m.ID(), Report: r, Bounces: bouncehound.Bounces(m, r, v, m.InternalDate)}
}

var (
	hard = bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Fault: bouncehound.FaultRecipient,
		SESType: "Permanent", SESSubtype: "General", Rule: "status/5.1.1", Matched: "5.1.1", Confidence: bouncehound.HighConfidence,
		Explanation: "No such mailbox.", Advice: "Take it off the list.", Retry: bouncehound.RetryNever}
	soft = bouncehound.Verdict{Class: bouncehound.Soft, Reason: bouncehound.ServerError, Fault: bouncehound.FaultRecipientDomain,
		Rule: "status/4.3.0", Retry: bouncehound.RetryLater}
	blocked   = bouncehound.Verdict{Class: bouncehound.Block, Reason: bouncehound.SpamContent, Fault: bouncehound.FaultMessage}
	delivered = bouncehound.Verdict{Class: bouncehound.None, Reason: bouncehound.ReasonDelivered}
	replied   = bouncehound.Verdict{Class: bouncehound.None, Reason: bouncehound.ReasonAutoReply}
)

func failed(address string) bouncehound.Recipient {
	return bouncehound.Recipient{Action: bouncehound.Failed, Address: address, Status: "5.1.1", Reply: 550, Diagnostic: "550 5.1.1 no such user"}
}

func acted(action bouncehound.Action, address string) bouncehound.Recipient {
	return bouncehound.Recipient{Action: action, Address: address}
}

// record records messages as one batch and fails the test if that fails.
func record(t testing.TB, store *db.DB, messages ...bouncehound.Judged) []db.Recorded {
	t.Helper()
	recorded, err := store.Record(t.Context(), db.Batch{Messages: messages}, bouncehound.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range recorded {
		if r.Err != nil {
			t.Fatalf("message %d: %v", i, r.Err)
		}
	}
	return recorded
}

// events returns all events of a store.
func events(t testing.TB, store *db.DB) []bouncehound.Event {
	t.Helper()
	all, _, err := store.Pending(t.Context(), bouncehound.Cursor{}, []bouncehound.EventType{
		bouncehound.BounceRecorded, bouncehound.ContactWatch, bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.ContactOK}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// contact returns a contact, which has to be there.
func contact(t testing.TB, store *db.DB, address string) bouncehound.Contact {
	t.Helper()
	c, ok, err := store.Contact(t.Context(), address)
	if err != nil || !ok {
		t.Fatalf("contact %s: %v, %v", address, ok, err)
	}
	return c
}

// list reads a stream to its end.
func list[T any](t testing.TB, rows iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}
