package db_test

import (
	"errors"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestAllow: what is allowed adds up to watch and goes no further, until the entry ends.
func TestAllow(t *testing.T) {
	for _, value := range []string{"Lena@EXAMPLE.com", "example.COM"} {
		store, clock := open(t)
		record(t, store, message(1, noon, failed("lena@example.com"), hard))
		done, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, value, db.By{Who: "ada", Note: "ours"})
		if err != nil || !done.Changed || len(done.Standings) != 1 || contact(t, store, "lena@example.com").Standing != bouncehound.OK {
			t.Errorf("%s: %+v, %v", value, done, err)
		}
		if again, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, "lena@example.com", db.By{}); err != nil || again.Changed != (value == "example.COM") {
			t.Errorf("%s: %+v, %v", value, again, err)
		}
		clock.now = noon.Add(time.Hour)
		record(t, store, message(2, clock.now, failed("lena@example.com"), hard), message(3, clock.now, failed("mia@example.net"), hard))
		if c := contact(t, store, "lena@example.com"); c.Standing != bouncehound.Watch || c.Reason != bouncehound.UserUnknown || c.Bounces != 2 {
			t.Errorf("%s: contact %+v", value, c)
		}
		if c := contact(t, store, "mia@example.net"); c.Standing != bouncehound.DoNotEmail {
			t.Errorf("contact %+v", c)
		}
		// A person still can.
		if _, changed, err := store.Suppress(t.Context(), "lena@example.com", db.By{Try: true}); !changed || err != nil {
			t.Errorf("suppress: %v, %v", changed, err)
		}
		for _, v := range []string{value, "lena@example.com"} {
			if done, err = store.EndEntry(t.Context(), bouncehound.EntryAllow, v, bouncehound.DefaultPolicy(), db.By{}); err != nil {
				t.Fatal(err)
			}
		}
		if c := contact(t, store, "lena@example.com"); c.Standing != bouncehound.DoNotEmail || c.Cause != bouncehound.CauseBounce {
			t.Errorf("%s: contact %+v", value, c)
		}
		if got := history(t, store, "lena@example.com"); len(got) != 4 {
			t.Errorf("%s: history %q", value, got)
		}
		if got := list(t, store.Entries(t.Context())); len(got) != 0 {
			t.Errorf("entries %+v", got)
		}
	}
}

// TestDomainEntry: nobody is mailed at such a domain, and nobody's standing changes.
func TestDomainEntry(t *testing.T) {
	store, _ := open(t)
	record(t, store, message(1, noon, failed("lena@example.com"), soft), message(2, noon, failed("mia@example.com"), hard))
	before := len(events(t, store))
	if done, err := store.AddEntry(t.Context(), bouncehound.EntryDomain, "@Example.Com", db.By{Who: "ada", Note: "a competitor"}); err != nil || !done.Changed {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := store.AddEntry(t.Context(), bouncehound.EntryDomain, "noa@example.org", db.By{}); err == nil {
		t.Error("an address was taken for a domain")
	}
	if _, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, "example.com", db.By{}); err != nil {
		t.Error(err)
	}
	checks, err := store.Check(t.Context(), []string{"LENA@example.com", "mia@example.com", "noa@example.com", "noa@sub.example.com", "lena@example.com", ""})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		mail, known, entry bool
	}{{false, true, true}, {false, true, true}, {false, false, true}, {true, false, false}, {false, true, true}, {true, false, false}} {
		c := checks[i]
		if c.Mail != want.mail || c.Known != want.known || (c.Entry != nil) != want.entry || c.Entry != nil && (c.Entry.Kind != bouncehound.EntryDomain || c.Entry.Note != "a competitor") {
			t.Errorf("check %d: %+v, want %+v", i, c, want)
		}
	}
	if checks[0].Contact.Standing != bouncehound.Watch || len(events(t, store)) != before+1 { // mia is released, because she is allowed
		t.Errorf("check %+v, %d events", checks[0], len(events(t, store)))
	}
	if flagged, err := store.CheckFlagged(t.Context(), []string{"lena@example.com", "oda@example.net"}); err != nil || len(flagged) != 1 || flagged[0] == nil || flagged[0].Known {
		t.Errorf("flagged %+v, %v", flagged, err)
	}
	if done, err := store.EndEntry(t.Context(), bouncehound.EntryDomain, "example.com", bouncehound.DefaultPolicy(), db.By{}); err != nil || !done.Changed {
		t.Errorf("%+v, %v", done, err)
	}
	if got := list(t, store.Entries(t.Context())); len(got) != 1 || got[0].Kind != bouncehound.EntryAllow {
		t.Errorf("entries %+v", got)
	}
}

// TestComplaintSticks: who complained is released by force only, whoever flagged them.
func TestComplaintSticks(t *testing.T) {
	complaint := bouncehound.Verdict{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient}
	store, clock := open(t)
	record(t, store,
		message(1, noon, acted(bouncehound.Complained, "lena@example.com"), complaint),
		message(2, noon, failed("mia@example.com"), hard),
		message(3, noon, acted(bouncehound.Complained, "mia@example.com"), complaint))
	if _, _, err := store.Suppress(t.Context(), "noa@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	record(t, store, message(4, noon, acted(bouncehound.Complained, "noa@example.com"), complaint))
	all := []string{"lena@example.com", "mia@example.com", "noa@example.com"}
	stood, err := store.Stand(t.Context(), bouncehound.OK, all, db.By{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range stood {
		if !errors.Is(s.Err, db.ErrComplained) || s.Changed || contact(t, store, all[i]).Standing != bouncehound.DoNotEmail {
			t.Errorf("%s: %+v", all[i], s)
		}
	}
	if stood, err = store.Stand(t.Context(), bouncehound.OK, all, db.By{Force: true, Try: true}); err != nil || !stood[2].Changed || contact(t, store, all[2]).Standing != bouncehound.DoNotEmail {
		t.Errorf("only tried: %+v, %v", stood, err)
	}
	clock.now = noon.Add(time.Hour)
	if stood, err = store.Stand(t.Context(), bouncehound.OK, all, db.By{Force: true}); err != nil || !stood[0].Changed || !stood[1].Changed || !stood[2].Changed {
		t.Errorf("by force: %+v, %v", stood, err)
	}
	// What was forgiven is, and a new bounce flags again.
	clock.now = noon.Add(2 * time.Hour)
	record(t, store, message(5, clock.now, failed("lena@example.com"), hard))
	if _, changed, err := store.Release(t.Context(), "lena@example.com", db.By{}); !changed || err != nil {
		t.Errorf("released: %v, %v", changed, err)
	}
}
