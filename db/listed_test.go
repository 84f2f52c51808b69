package db_test

import (
	"errors"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// imported imports a list and says how its rows fared.
func imported(t *testing.T, store *db.DB, kind bouncehound.ListKind, rows ...bouncehound.Listed) (batch int64, done []db.ListedRow) {
	t.Helper()
	l, err := store.BeginList(t.Context(), bouncehound.List{Kind: kind, Source: "list.csv", By: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	if done, err = store.AddListed(t.Context(), l, rows, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.FinishList(t.Context(), l.Batch, 0); err != nil {
		t.Fatal(err)
	}
	return l.Batch, done
}

func undo(t *testing.T, store *db.DB, batch int64) db.Undone {
	t.Helper()
	done, err := store.UndoList(t.Context(), batch, bouncehound.DefaultPolicy(), db.By{Who: "eve"})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func address(all ...string) (rows []bouncehound.Listed) {
	for _, a := range all {
		rows = append(rows, bouncehound.Listed{Address: a})
	}
	return rows
}

// TestListAndUndo: a list is taken back, and what happened beside it stays.
func TestListAndUndo(t *testing.T) {
	store, clock := open(t)
	record(t, store, message(1, noon, failed("watched@example.com"), soft), message(2, noon, failed("flagged@example.com"), hard))
	if _, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, "ours.example", db.By{}); err != nil {
		t.Fatal(err)
	}
	clock.now = noon.Add(time.Hour)
	first, done := imported(t, store, bouncehound.ListDoNotEmail, address("asked@example.com", "new@example.com", "Watched@example.com", "flagged@example.com",
		"later@example.com", "hand@example.com", "NEW@example.com", "mia@ours.example", "")...)
	for i, want := range []string{"added", "added", "added", "there", "added", "added", "there", "refused", "refused"} {
		got := "there"
		if done[i].Refused != nil {
			got = "refused"
		} else if done[i].Added {
			got = "added"
		}
		if got != want {
			t.Errorf("row %d: %+v, want %s", i, done[i], want)
		}
	}
	second, done := imported(t, store, bouncehound.ListDoNotEmail, address("new@example.com")...)
	if done[0].Added {
		t.Errorf("added twice: %+v", done)
	}
	clock.now = noon.Add(2 * time.Hour)
	record(t, store, message(3, clock.now, failed("later@example.com"), hard))
	for _, standing := range []bouncehound.Standing{bouncehound.OK, bouncehound.DoNotEmail} {
		if _, err := store.Stand(t.Context(), standing, []string{"hand@example.com"}, db.By{Who: "eve"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, changed, err := store.Suppress(t.Context(), "asked@example.com", db.By{Who: "eve"}); !changed || err != nil {
		t.Errorf("suppressed what a list had: %v, %v", changed, err)
	}
	told := len(events(t, store))

	clock.now = noon.Add(3 * time.Hour)
	if got := undo(t, store, first); got.Restored != 2 || got.Kept != 3 {
		t.Errorf("undone %+v", got)
	}
	for address, want := range map[string]struct {
		standing bouncehound.Standing
		cause    bouncehound.Cause
	}{
		"watched@example.com": {bouncehound.Watch, bouncehound.CauseBounce},
		"flagged@example.com": {bouncehound.DoNotEmail, bouncehound.CauseBounce},
		"later@example.com":   {bouncehound.DoNotEmail, bouncehound.CauseBounce}, // it bounced meanwhile
		"new@example.com":     {bouncehound.DoNotEmail, bouncehound.CauseImport}, // on the second list too
		"asked@example.com":   {bouncehound.DoNotEmail, bouncehound.CauseHand},
		"hand@example.com":    {bouncehound.DoNotEmail, bouncehound.CauseHand},
	} {
		if c := contact(t, store, address); c.Standing != want.standing || c.Cause != want.cause {
			t.Errorf("%s: %+v, want %+v", address, c, want)
		}
	}
	if n := len(events(t, store)) - told; n != 2 {
		t.Errorf("%d events", n)
	}
	if got := undo(t, store, first); got.Restored != 0 || got.Kept != 0 {
		t.Errorf("undone again: %+v", got)
	}
	if got := undo(t, store, second); got.Restored != 1 || contact(t, store, "new@example.com").Standing != bouncehound.OK {
		t.Errorf("undone %+v", got)
	}
	if _, err := store.UndoList(t.Context(), 99, bouncehound.DefaultPolicy(), db.By{}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("undone: %v", err)
	}
	lists := list(t, store.Lists(t.Context()))
	if len(lists) != 2 || lists[1].Added != 5 || lists[1].Present != 2 || lists[1].Undone.IsZero() || lists[1].Finished.IsZero() || lists[1].By != "ada" {
		t.Errorf("lists %+v", lists)
	}
}

// TestAlive: proof of life releases whom bounces before it flagged, and nobody else.
func TestAlive(t *testing.T) {
	store, clock := open(t)
	complaint := bouncehound.Verdict{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient}
	record(t, store,
		message(1, noon, failed("flagged@example.com"), hard),
		message(2, noon, failed("watched@example.com"), soft),
		message(3, noon, acted(bouncehound.Complained, "complained@example.com"), complaint),
		message(4, noon, failed("again@example.com"), hard))
	if _, _, err := store.Suppress(t.Context(), "hand@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	clock.now = noon.Add(5 * time.Hour)
	record(t, store, message(5, noon.Add(4*time.Hour), failed("again@example.com"), hard))
	early, late := noon.Add(-time.Hour), noon.Add(2*time.Hour)
	batch, done := imported(t, store, bouncehound.ListAlive,
		bouncehound.Listed{Address: "flagged@example.com", At: early}, bouncehound.Listed{Address: "flagged@example.com", At: late},
		bouncehound.Listed{Address: "watched@example.com", At: late}, bouncehound.Listed{Address: "complained@example.com"},
		bouncehound.Listed{Address: "hand@example.com"}, bouncehound.Listed{Address: "again@example.com", At: late},
		bouncehound.Listed{Address: "unknown@example.com"})
	for i, want := range []bool{false, true, true, false, false, false, false} {
		if done[i].Added != want || (done[i].Refused == nil) != (want || i == 6) {
			t.Errorf("row %d: %+v", i, done[i])
		}
	}
	for address, want := range map[string]bouncehound.Standing{"flagged@example.com": bouncehound.OK, "watched@example.com": bouncehound.OK,
		"complained@example.com": bouncehound.DoNotEmail, "hand@example.com": bouncehound.DoNotEmail, "again@example.com": bouncehound.DoNotEmail} {
		if c := contact(t, store, address); c.Standing != want {
			t.Errorf("%s: %+v, want %s", address, c, want)
		}
	}
	if _, ok, err := store.Contact(t.Context(), "unknown@example.com"); ok || err != nil {
		t.Errorf("an address that never bounced is a contact: %v", err)
	}
	if got := undo(t, store, batch); got.Restored != 2 {
		t.Errorf("undone %+v", got)
	}
	if c := contact(t, store, "flagged@example.com"); c.Standing != bouncehound.DoNotEmail || c.Cause != bouncehound.CauseBounce || !c.Since.Equal(noon) || c.Reason != bouncehound.UserUnknown {
		t.Errorf("contact %+v", c)
	}
	if c := contact(t, store, "watched@example.com"); c.Standing != bouncehound.Watch {
		t.Errorf("contact %+v", c)
	}
}

// TestSent: bounces carry what the sent log tells, whichever comes first.
func TestSent(t *testing.T) {
	store, clock := open(t)
	clock.now = noon.AddDate(0, 0, 20)
	before := message(1, noon, failed("lena@example.com"), hard)
	record(t, store, before, message(2, noon, failed("team@example.com"), soft))
	log := []bouncehound.Sent{
		{Address: "Lena@example.com", MessageID: "letter-1@example.org", ContactID: "17", At: noon.Add(-time.Hour)},
		{Address: "Lena@example.com", MessageID: "<letter-9@example.org>", ContactID: "17", At: noon.Add(-2 * time.Hour)},
		{Address: "mia@example.com", ContactID: "18", At: noon.Add(-3 * time.Hour)},
		{Address: "mia@example.com", ContactID: "18", At: noon.Add(2 * time.Hour)},
		{Address: "mia@example.com", ContactID: "18", At: noon.AddDate(0, 0, -20)},
		{Address: "all@example.com", MessageID: "<letter-2@example.org>", ContactID: "19"},
	}
	l, err := store.BeginList(t.Context(), bouncehound.List{Kind: bouncehound.ListSent})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		added, err := store.AddSent(t.Context(), l.Batch, log)
		if err != nil || len(added) != len(log) || added[0] != want || added[5] != want {
			t.Errorf("added %v, %v", added, err)
		}
	}
	after := record(t, store, message(3, noon, failed("mia@example.com"), hard), message(4, noon, failed("noa@example.com"), hard))
	if b := after[0].Bounces[0]; b.ContactID != "18" || !b.SentAt.Equal(noon.Add(-3*time.Hour)) {
		t.Errorf("bounce %+v", b)
	}
	stored := list(t, store.Bounces(t.Context(), db.BounceFilter{}))
	for i, want := range []string{"17", "19", "18", ""} {
		if stored[i].ContactID != want || stored[i].SentAt.IsZero() != (want == "" || want == "19") {
			t.Errorf("bounce %d: contact %q, sent %s", i, stored[i].ContactID, stored[i].SentAt)
		}
	}
	if !stored[0].SentAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("sent %s", stored[0].SentAt)
	}
	if _, err := store.AddListed(t.Context(), l, nil, bouncehound.DefaultPolicy()); err != nil {
		t.Error(err)
	}
	if got := undo(t, store, l.Batch); got.Restored != len(log) {
		t.Errorf("undone %+v", got)
	}
	for _, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{})) {
		if b.ContactID != "" || !b.SentAt.IsZero() {
			t.Errorf("bounce %+v", b)
		}
	}
	if _, err := store.AddSent(t.Context(), l.Batch, log); err == nil {
		t.Error("rows were added to what was undone")
	}
}
