// Package published holds what we send against what the services themselves, or users
// of theirs, have published to read and verify it.
package published

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/notify"
)

// Every test binary takes -update, so that `go test ./... -update` works.
var _ = flag.Bool("update", false, "rewrite the golden files")

// A log holds events for one endpoint.
type log struct {
	events []bouncehound.Event
	cursor bouncehound.Cursor
}

func (l *log) OpenCursor(context.Context, string, bouncehound.Start) (bouncehound.Cursor, error) {
	return l.cursor, nil
}

func (l *log) SaveCursor(_ context.Context, c bouncehound.Cursor) error {
	l.cursor = c
	return nil
}

func (l *log) Pending(_ context.Context, c bouncehound.Cursor, _ []bouncehound.EventType, _ int) ([]bouncehound.Event, int64, error) {
	return l.events[c.Sequence:], int64(len(l.events)), nil
}

func (l *log) SetAside(context.Context, bouncehound.Cursor, bouncehound.DeadLetter) error {
	return errors.New("nothing should be set aside")
}

func (l *log) DeadLetters(context.Context, string) (int, error) { return 0, nil }

func (l *log) NextDeadLetter(context.Context, string, int64) (bouncehound.DeadLetter, bool, error) {
	return bouncehound.DeadLetter{}, false, nil
}

func (l *log) Turn(context.Context, string) (done func(), err error) { return func() {}, nil }

func (l *log) DropDeadLetter(context.Context, string, int64) error { return nil }

func (l *log) Alert(context.Context, bouncehound.EventType, bouncehound.Alert) error {
	return errors.New("nobody should be told of a failure")
}

var at = time.Date(2026, 1, 27, 14, 59, 44, 500_000_000, time.UTC)

func (l *log) add(t *testing.T, kind bouncehound.EventType, data any) {
	t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(l.events) + 1)
	l.events = append(l.events, bouncehound.Event{Sequence: n, ID: "evt_" + string(rune('a'+n)), Type: kind, At: at, Data: b})
}

func bounce(action bouncehound.Action, class bouncehound.Class, reason bouncehound.Reason) bouncehound.Bounce {
	return bouncehound.Bounce{
		ArrivedAt: at,
		Recipient: bouncehound.Recipient{Action: action, Address: "lena@example.com", Status: "5.1.1", Reply: 550, Diagnostic: "550 5.1.1 User unknown", RemoteMTA: "mx.example.com"},
		Original:  bouncehound.Original{MessageID: "<1.news@example.org>", Subject: "News", From: "News <news@example.org>", To: "lena@example.com", Headers: map[string]string{"X-Contact-Id": "42"}},
		Verdict:   bouncehound.Verdict{Class: class, Reason: reason},
	}
}

// A request is what an endpoint got.
type request struct {
	header http.Header
	body   []byte
}

// send sends a hard bounce, a soft one, a complaint, a delivery, and that a contact was
// flagged by hand and released, and returns what came.
func send(t *testing.T, e notify.Endpoint) (got []request) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, request{r.Header, body})
	}))
	defer server.Close()
	l := &log{}
	l.add(t, bouncehound.BounceRecorded, bounce(bouncehound.Failed, bouncehound.Hard, bouncehound.UserUnknown))
	l.add(t, bouncehound.BounceRecorded, bounce(bouncehound.Failed, bouncehound.Soft, bouncehound.MailboxFull))
	l.add(t, bouncehound.BounceRecorded, bounce(bouncehound.Complained, bouncehound.Complaint, bouncehound.ComplaintReceived))
	l.add(t, bouncehound.BounceRecorded, bounce(bouncehound.Delivered, bouncehound.None, bouncehound.ReasonDelivered))
	l.add(t, bouncehound.ContactDoNotEmail, bouncehound.Change{Email: "lena@example.com", Standing: bouncehound.DoNotEmail, Cause: bouncehound.CauseHand})
	l.add(t, bouncehound.ContactReleased, bouncehound.Change{Email: "lena@example.com", Standing: bouncehound.OK, Previous: bouncehound.DoNotEmail, Cause: bouncehound.CauseHand})
	e.Name, e.URL = "crm", server.URL
	s, err := notify.New(e, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	return got
}

// strict reads JSON and fails on a field that the type does not know.
func strict(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}
