package db_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestWithheld: what a server does not hand over is remembered until it does, and
// under its UIDVALIDITY only.
func TestWithheld(t *testing.T) {
	store, clock := open(t)
	at := func(validity, uid uint32) bouncehound.Place {
		return bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: validity, UID: uid}
	}
	known := func(validity uint32) []bouncehound.Withheld {
		t.Helper()
		all, err := store.Withheld(t.Context(), "bounces", "INBOX", validity)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, uid := range []uint32{9, 5, 5} {
		if err := store.Withhold(t.Context(), at(7, uid), "NO such thing"); err != nil {
			t.Fatal(err)
		}
	}
	want := []bouncehound.Withheld{
		{Place: at(7, 5), Tries: 2, TriedAt: clock.now, Error: "NO such thing"}, {Place: at(7, 9), Tries: 1, TriedAt: clock.now, Error: "NO such thing"},
	}
	if got := known(7); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := store.HandedOver(t.Context(), "bounces", "INBOX", 7, []uint32{5, 6}); err != nil {
		t.Fatal(err)
	}
	if got := known(7); !slices.Equal(got, want[1:]) {
		t.Errorf("got %+v", got)
	}
	if err := store.Withhold(t.Context(), at(8, 1), "NO"); err != nil {
		t.Fatal(err)
	}
	if got := known(7); len(got) != 0 || len(known(8)) != 1 {
		t.Errorf("of the old UIDVALIDITY %+v, of the new %+v", got, known(8))
	}
}

// TestAllWithheld: what is withheld anywhere is listed and counted, but for what was
// under a UIDVALIDITY that is gone.
func TestAllWithheld(t *testing.T) {
	store, clock := open(t)
	withhold := func(mailbox string, validity, uid uint32) bouncehound.Withheld {
		t.Helper()
		at := bouncehound.Place{Mailbox: mailbox, Folder: "INBOX", UIDValidity: validity, UID: uid}
		if err := store.Withhold(t.Context(), at, "NO"); err != nil {
			t.Fatal(err)
		}
		return bouncehound.Withheld{Place: at, Tries: 1, TriedAt: clock.now, Error: "NO"}
	}
	old := withhold("bounces", 7, 2)
	clock.now = clock.now.Add(time.Hour)
	new := withhold("alerts", 3, 9)
	listed := func(f db.MessageFilter, want ...bouncehound.Withheld) {
		t.Helper()
		var got []bouncehound.Withheld
		for w, err := range store.AllWithheld(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, w)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got %+v, want %+v", f, got, want)
		}
	}
	listed(db.MessageFilter{}, new, old)
	listed(db.MessageFilter{Limit: 1}, new)
	listed(db.MessageFilter{Mailbox: "bounces"}, old)
	listed(db.MessageFilter{Since: clock.now}, new)
	if n, err := store.WithheldMessages(t.Context()); err != nil || !maps.Equal(n, map[string]int64{"alerts": 1, "bounces": 1}) {
		t.Errorf("%v, %v", n, err)
	}
	for _, validity := range []uint32{7, 8} { // the cursor's
		upTo := bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: validity, UID: 2}
		if _, err := store.Record(t.Context(), db.Batch{UpTo: upTo}, bouncehound.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		if validity == 7 {
			listed(db.MessageFilter{}, new, old)
		}
	}
	listed(db.MessageFilter{}, new)
	if n, err := store.WithheldMessages(t.Context()); err != nil || !maps.Equal(n, map[string]int64{"alerts": 1}) {
		t.Errorf("%v, %v", n, err)
	}
}

// TestRecordedOutOfOrder: the store knows what is recorded above the cursor, and
// forgets it with the cursor when the folder is to be read anew.
func TestRecordedOutOfOrder(t *testing.T) {
	store, _ := open(t)
	var all []bouncehound.Judged
	for _, uid := range []int{3, 9, 8} {
		all = append(all, message(uid, noon, failed("lena@example.com"), hard))
	}
	upTo := bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 3}
	b := db.Batch{Messages: all, UpTo: upTo, Tidy: []bouncehound.Kind{bouncehound.KindReport}}
	if _, err := store.Record(t.Context(), b, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	for above, want := range map[uint32][]uint32{0: {3, 8, 9}, 3: {8, 9}, 8: {9}, 9: nil} {
		if got, err := store.Recorded(t.Context(), "bounces", "INBOX", 7, above); err != nil || !slices.Equal(got, want) {
			t.Errorf("above %d: %v, %v, want %v", above, got, err, want)
		}
	}
	if got, err := store.Recorded(t.Context(), "bounces", "INBOX", 8, 0); err != nil || len(got) != 0 {
		t.Errorf("under another UIDVALIDITY: %v, %v", got, err)
	}
	if err := store.ReadAnew(t.Context(), "bounces", "INBOX"); err != nil {
		t.Fatal(err)
	}
	got, err := store.Recorded(t.Context(), "bounces", "INBOX", 7, 0)
	untidied, err2 := store.Untidied(t.Context(), "bounces", "INBOX", 7)
	cursor, err3 := store.FolderCursor(t.Context(), "bounces", "INBOX")
	if err != nil || err2 != nil || err3 != nil || len(got) != 0 || len(untidied) != 0 || cursor.UID != 0 || cursor.UIDValidity != 0 {
		t.Errorf("recorded %v, untidied %v, cursor %+v", got, untidied, cursor)
	}
	if again := record(t, store, all...); again[0].New || again[1].New {
		t.Errorf("recorded twice: %+v", again)
	}
}
