package notify

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

func TestDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		s := newTestSender(t, crm(), log, crmHook)
		if err := s.Deliver(t.Context()); err != nil {
			t.Errorf("nothing to send: %v", err)
		}
		ids := log.add("a@example.com", "b@example.com")
		if err := s.Deliver(t.Context()); err != nil {
			t.Errorf("all taken: %v", err)
		}
		wantIDs(t, crmHook.took(), ids)

		crmHook.answer = always(401)
		more := log.add("c@example.com", "d@example.com")
		for range 3 { // the second and third find nothing due
			err := s.Deliver(t.Context())
			var held *Held
			if !errors.As(err, &held) {
				t.Fatalf("shut out: %v", err)
			}
			if held.Endpoint != "crm" || held.Event.ID != more[0] || held.Cursor.Attempts != 1 || !strings.Contains(err.Error(), "answered 401 Unauthorized") {
				t.Errorf("shut out: %v, %+v", err, held)
			}
		}
		if n := len(crmHook.calls); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
		time.Sleep(firstBackoff)
		crmHook.answer = nil
		if err := s.Deliver(t.Context()); err != nil {
			t.Errorf("let in again: %v", err)
		}
		wantIDs(t, crmHook.took(), append(ids, more...))

		// A dead letter holds nothing back.
		crmHook.answer = always(422)
		log.add("e@example.com")
		if err := s.Deliver(t.Context()); err != nil || len(log.letters) != 1 {
			t.Errorf("refused: %v, %d dead letters", err, len(log.letters))
		}

		crmHook.answer = always(410)
		log.add("f@example.com")
		if err := s.Deliver(t.Context()); err == nil || !strings.Contains(err.Error(), "paused: answered 410 Gone") {
			t.Errorf("gone: %v", err)
		}
	})
}

func TestDeliverPausedWithNothingToSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		log.store(bouncehound.Cursor{Consumer: "crm", Paused: true, LastError: "answered 410 Gone"})
		s := newTestSender(t, crm(), log, crmHook)
		if err := s.Deliver(t.Context()); err != nil {
			t.Error(err)
		}
		log.add("a@example.com")
		if err := s.Deliver(t.Context()); err == nil || len(crmHook.calls) != 0 {
			t.Errorf("%v, %d requests", err, len(crmHook.calls))
		}
	})
}

func TestTestEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		log.add("a@example.com")
		log.store(bouncehound.Cursor{Consumer: "crm", Paused: true})
		s := newTestSender(t, crm(), log, crmHook)
		for range 2 {
			if err := s.Test(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		kind, timestamp, data := dataOf(t, crmHook.calls[0].body)
		if kind != "webhook.test" || timestamp != time.Now().UTC().Format(time.RFC3339) || !strings.Contains(data, `"endpoint":"crm"`) {
			t.Errorf("sent %s", crmHook.calls[0].body)
		}
		if a, b := crmHook.calls[0].id, crmHook.calls[1].id; a == b || len(a) != len("evt_")+32 || !strings.HasPrefix(a, "evt_") {
			t.Errorf("ids %s and %s", a, b)
		}
		if log.saves != 0 || len(log.events) != 1 {
			t.Error("the test was stored")
		}
		crmHook.answer = always(403)
		if err := s.Test(t.Context()); err == nil || err.Error() != "webhook crm: test: answered 403 Forbidden" {
			t.Errorf("shut out: %v", err)
		}
	})
}

// TestHeldAfterCrash: what was broken off has no error to tell, and it is told so.
func TestHeldAfterCrash(t *testing.T) {
	held := &Held{Endpoint: "crm", Cursor: attempting(bouncehound.Cursor{}, time.Now())}
	if got := held.Error(); !strings.Contains(got, "without success: 1,") || !strings.HasSuffix(got, "broken off before an answer came") {
		t.Error(got)
	}
}
