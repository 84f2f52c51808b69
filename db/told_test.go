package db_test

import (
	"slices"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

// TestTold: what became of each event about a contact, at the endpoints that take it.
func TestTold(t *testing.T) {
	store, _ := open(t)
	early, err := store.OpenCursor(t.Context(), "early", bouncehound.StartBeginning)
	if err != nil {
		t.Fatal(err)
	}
	record(t, store, message(1, noon, failed("lena@example.com"), soft)) // events 1 and 2
	if _, err := store.OpenCursor(t.Context(), "late", bouncehound.StartNow); err != nil {
		t.Fatal(err)
	}
	standings, err := store.OpenCursor(t.Context(), "standings", bouncehound.StartStandings)
	if err != nil {
		t.Fatal(err)
	}
	record(t, store, message(2, noon, failed("lena@example.com"), hard), message(3, noon, failed("mia@example.com"), hard)) // 3 and 4; 5 and 6
	standings.Sequence = 6
	if err := store.SaveCursor(t.Context(), standings); err != nil {
		t.Fatal(err)
	}
	event, _, err := store.Event(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	early.Sequence = 4
	if err := store.SetAside(t.Context(), early, bouncehound.DeadLetter{Consumer: "early", Event: event, Error: "422 Unprocessable"}); err != nil {
		t.Fatal(err)
	}
	told, err := store.Told(t.Context(), "LENA@example.com", map[string][]bouncehound.EventType{
		"early": nil, "late": {bouncehound.ContactDoNotEmail, bouncehound.ContactWatch}, "standings": {bouncehound.ContactWatch}, "unknown": nil,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range told {
		got = append(got, u.Consumer+" "+string(u.Type)+" "+string(u.State)+" "+u.Error)
	}
	want := []string{
		"early contact.watch sent ", "late contact.watch never ", "standings contact.watch sent ",
		"early contact.do_not_email refused 422 Unprocessable", "late contact.do_not_email waiting ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if err := store.Rewind(t.Context(), "late", 0); err != nil {
		t.Fatal(err)
	}
	if told, err = store.Told(t.Context(), "lena@example.com", map[string][]bouncehound.EventType{"late": nil}); err != nil || told[0].State != db.ToldWaiting {
		t.Errorf("told %+v, %v", told, err)
	}
}
