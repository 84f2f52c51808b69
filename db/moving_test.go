package db_test

import (
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestMoving: what a server was told to move is known until all of it is tidied up, over
// several commands, and under its UIDVALIDITY only.
func TestMoving(t *testing.T) {
	store, clock := open(t)
	var all []bouncehound.Judged
	for uid := range 9 {
		all = append(all, message(uid+1, noon, failed("lena@example.com"), hard))
	}
	b := db.Batch{Messages: all, UpTo: bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 9}, Tidy: []bouncehound.Kind{bouncehound.KindReport}}
	if _, err := store.Record(t.Context(), b, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	moving := func(validity uint32, uids ...uint32) time.Time {
		t.Helper()
		clock.now = clock.now.Add(time.Minute)
		if err := store.Moving(t.Context(), "bounces", "INBOX", validity, uids); err != nil {
			t.Fatal(err)
		}
		return clock.now
	}
	tidied := func(uids ...uint32) {
		t.Helper()
		if err := store.Tidied(t.Context(), "bounces", "INBOX", 7, uids); err != nil {
			t.Fatal(err)
		}
	}
	// known has a digit for each copy that is untidied: 1 if it is on its way since at.
	known := func(want string, at time.Time) {
		t.Helper()
		copies, err := store.Untidied(t.Context(), "bounces", "INBOX", 7)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range copies {
			switch {
			case c.Moving.IsZero():
				got += "0"
			case c.Moving.Equal(at):
				got += "1"
			default:
				got += c.Moving.String()
			}
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	known("000000000", time.Time{})
	at := moving(7, 1, 2, 3)
	known("111000000", at)
	tidied(1, 2, 3)
	known("000000", at)
	moving(7, 4, 5)
	tidied(4) // and cut off
	at = moving(7, 7)
	known("11100", at) // 5 is still on its way, and 6 taken for it
	tidied(7)
	known("1100", at)
	tidied(5, 6)
	known("00", at)
	moving(6, 8, 9)
	known("00", at)
	at = moving(7, 9)
	known("01", at)
	if err := store.ReadAnew(t.Context(), "bounces", "INBOX"); err != nil {
		t.Fatal(err)
	}
	known("", at)
}
