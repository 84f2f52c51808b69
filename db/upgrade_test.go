package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

// TestUpgrade opens a store of the first version of the schema and finds all that
// was in it. testdata/first.sql is frozen.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "first.db")
	script, err := os.ReadFile("testdata/first.sql")
	if err != nil {
		t.Fatal(err)
	}
	run(t, raw(t, path), string(script))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	store, clock := openAt(t, path)

	if c := contact(t, store, "lena@example.com"); c.Email != "Lena@example.com" || c.Standing != bouncehound.DoNotEmail || c.Bounces != 1 || c.Reason != bouncehound.UserUnknown {
		t.Errorf("contact %+v", c)
	}
	if c := contact(t, store, "mia@example.com"); c.Standing != bouncehound.Watch || c.Until.IsZero() {
		t.Errorf("contact %+v", c)
	}
	if c := contact(t, store, "noa@example.com"); c.By != "ada" || c.Note != "asked by phone" || c.Cause != bouncehound.CauseHand {
		t.Errorf("contact %+v", c)
	}
	for address, want := range map[string]int{"lena@example.com": 1, "mia@example.com": 1, "noa@example.com": 1, "oda@example.com": 0} {
		if got := history(t, store, address); len(got) != want {
			t.Errorf("%s has the history %q", address, got)
		}
	}
	if got := list(t, store.Bounces(t.Context(), db.BounceFilter{})); len(got) != 3 || got[0].Original.Headers["X-Contact-Id"] != "1" || got[2].Action != bouncehound.Replied {
		t.Errorf("bounces %+v", got)
	}
	if got := list(t, store.Contacts(t.Context(), db.ContactFilter{HeaderName: "X-Contact-Id", HeaderValue: "2"})); len(got) != 1 {
		t.Errorf("contacts with a header %+v", got)
	}
	if got := list(t, store.Messages(t.Context(), db.MessageFilter{})); len(got) != 3 || got[0].Kind != bouncehound.KindOther {
		t.Errorf("messages %+v", got)
	}
	j := message(1, noon, failed("Lena@example.com"), hard)
	if got, err := store.Raw(t.Context(), j.ID); err != nil || string(got) != string(j.Message.Raw) {
		t.Errorf("raw %q, %v", got, err)
	}
	if got := events(t, store); len(got) != 6 || got[5].Sequence != 6 || got[5].Contact != "noa@example.com" {
		t.Errorf("events %+v", got)
	}
	if got, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartNow); err != nil || got.Sequence != 2 {
		t.Errorf("cursor %+v, %v", got, err)
	}
	if got, ok, err := store.NextDeadLetter(t.Context(), "crm", 0); err != nil || !ok || got.Error != "422 Unprocessable" {
		t.Errorf("dead letters %+v, %v", got, err)
	}
	if got, err := store.FolderCursor(t.Context(), "bounces", "INBOX"); err != nil || got.UID != 3 || got.UIDValidity != 7 {
		t.Errorf("folder cursor %+v, %v", got, err)
	}
	if got, err := store.Untidied(t.Context(), "bounces", "INBOX", 7); err != nil || len(got) != 2 || got[0].Moving.IsZero() || got[1].Moving.IsZero() {
		t.Errorf("untidied %+v, %v", got, err)
	}
	// And it goes on where it was.
	if got := record(t, store, j, message(9, noon, failed("pia@example.com"), hard)); got[0].New || got[1].Bounces[0].ID != 4 {
		t.Errorf("recorded %+v", got)
	}
	if got := events(t, store); len(got) != 8 || got[7].Sequence != 8 {
		t.Errorf("events %+v", got)
	}
	// What is kept for too long goes; what decided stays.
	clock.now = noon.AddDate(1, 0, 0)
	if got := retained(t, store, db.Retention{Raw: aDay, Bounces: aDay, Events: aDay}); got != (db.Retained{Raw: 3, Bounces: 1, Events: 1, Short: 3}) {
		t.Errorf("retained %+v", got)
	}
	if c := contact(t, store, "lena@example.com"); c.Standing != bouncehound.DoNotEmail || c.Bounces != 1 {
		t.Errorf("contact %+v", c)
	}
	if c, err := store.Inspect(t.Context()); err != nil || !c.Shrinks || len(c.Problems) > 0 {
		t.Errorf("condition %+v, %v", c, err)
	}
}
