package db_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// alerted returns the alerts of a store as text: type, subject, failures.
func alerted(t *testing.T, store *db.DB) (all []string) {
	t.Helper()
	types := []bouncehound.EventType{bouncehound.MailboxFailing, bouncehound.WebhookFailing, bouncehound.BlockedSender}
	pending, _, err := store.Pending(t.Context(), bouncehound.Cursor{}, types, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range pending {
		var a bouncehound.Alert
		if err := json.Unmarshal(e.Data, &a); err != nil || a.Sequence != e.Sequence || e.Contact != "" || strings.Contains(string(e.Data), "@") {
			t.Errorf("event %+v, %v", e, err)
		}
		all = append(all, strings.TrimSpace(fmt.Sprint(e.Type, " ", a.Subject(), " ", strings.Trim(fmt.Sprint(a.Failures), "0"))))
	}
	return all
}

// One incident is one event for each provider and reason a day, however many contacts
// it is about; old mail that is read for the first time makes none.
func TestBlockedSender(t *testing.T) {
	store, clock := open(t)
	n := 0
	refuse := func(address, mta string, reason bouncehound.Reason, at time.Time) {
		t.Helper()
		n++
		r := failed(address)
		r.RemoteMTA, r.Diagnostic = mta, "554 5.7.1 <"+address+">: listed"
		record(t, store, message(n, at, r, bouncehound.Verdict{Class: bouncehound.Block, Fault: bouncehound.FaultSender, Reason: reason}))
	}
	for i := range 5 {
		refuse(fmt.Sprintf("c%d@example.com", i), fmt.Sprintf("mx%d.example.net", i), bouncehound.SenderBlocked, clock.now)
	}
	refuse("a@example.com", "mx.example.net", bouncehound.RateLimited, clock.now)
	refuse("b@example.com", "", bouncehound.SenderBlocked, clock.now)
	refuse("c@example.com", "mx.example.org", bouncehound.SenderBlocked, clock.now.Add(-72*time.Hour))
	record(t, store, message(100, clock.now, failed("d@example.com"), hard))
	want := []string{"sender.blocked example.net sender_blocked", "sender.blocked example.net rate_limited", "sender.blocked example.com sender_blocked"}
	if got := alerted(t, store); !slices.Equal(got, want) {
		t.Errorf("alerts %q, want %q", got, want)
	}
	clock.now = clock.now.Add(24 * time.Hour)
	refuse("e@example.com", "mx.example.net", bouncehound.SenderBlocked, clock.now)
	refuse("f@example.com", "mx.example.net", bouncehound.SenderBlocked, clock.now)
	if got := alerted(t, store); len(got) != 4 || got[3] != want[0] {
		t.Errorf("alerts %q", got)
	}
	// They are no contact's: who asks for all of those does not get them.
	pending, _, err := store.Pending(t.Context(), bouncehound.Cursor{}, nil, 0)
	if err != nil || len(pending) != 1 || pending[0].Type != bouncehound.ContactDoNotEmail {
		t.Errorf("events %+v, %v", pending, err)
	}
	c, err := store.OpenCursor(t.Context(), "standings", bouncehound.StartStandings)
	if err != nil {
		t.Fatal(err)
	}
	pending, _, err = store.Pending(t.Context(), c, []bouncehound.EventType{bouncehound.ContactDoNotEmail, bouncehound.BlockedSender}, 0)
	if err != nil || len(pending) != 1 || pending[0].Type != bouncehound.ContactDoNotEmail {
		t.Errorf("events %+v, %v", pending, err)
	}
}

// From the third failure in a row there is an alert a day, until it works again.
func TestFailing(t *testing.T) {
	store, clock := open(t)
	fail := func() {
		t.Helper()
		if err := store.Failing(t.Context(), bouncehound.MailboxFailing, bouncehound.Alert{Mailbox: "bounces", Error: "refused"}, 3); err != nil {
			t.Fatal(err)
		}
	}
	work := func() {
		t.Helper()
		if err := store.Working(t.Context(), bouncehound.MailboxFailing, "bounces"); err != nil {
			t.Fatal(err)
		}
	}
	work()
	fail()
	fail()
	work()
	fail()
	fail()
	if got := alerted(t, store); got != nil {
		t.Errorf("alerts %q", got)
	}
	for range 3 {
		fail()
	}
	clock.now = clock.now.Add(24 * time.Hour)
	for range 2 {
		fail()
	}
	if got, want := alerted(t, store), []string{"mailbox.failing bounces 3", "mailbox.failing bounces 6"}; !slices.Equal(got, want) {
		t.Errorf("alerts %q, want %q", got, want)
	}
}
