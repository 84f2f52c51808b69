package db_test

import (
	"encoding/json"
	"slices"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

func TestRecord(t *testing.T) {
	store, c := open(t)
	j := message(1, noon.AddDate(0, 0, -1), failed("Lena@example.com"), hard)
	got := record(t, store, j)[0]
	if got.Kind != bouncehound.KindReport || !got.New || len(got.Bounces) != 1 || got.Bounces[0].ID != 1 || got.Bounces[0].Repeat {
		t.Fatalf("recorded %+v", got)
	}

	all := events(t, store)
	var types []bouncehound.EventType
	for i, e := range all {
		types = append(types, e.Type)
		if e.Sequence != int64(i+1) || len(e.ID) != 36 || e.ID[:4] != "evt_" || !e.At.Equal(c.now) || e.Contact != "lena@example.com" {
			t.Errorf("event %+v", e)
		}
	}
	if want := []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactDoNotEmail}; !slices.Equal(types, want) {
		t.Fatalf("events %v, want %v", types, want)
	}
	want, err := json.Marshal(j.Bounces[0])
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, all[0].Data, want) {
		t.Errorf("bounce.recorded has\n%s, want\n%s", all[0].Data, want)
	}
	var change bouncehound.Change
	if err := json.Unmarshal(all[1].Data, &change); err != nil {
		t.Fatal(err)
	}
	if change.Email != "Lena@example.com" || change.Standing != bouncehound.DoNotEmail || change.Previous != bouncehound.OK ||
		!change.Since.Equal(noon.AddDate(0, 0, -1)) || change.Cause != bouncehound.CauseBounce || change.Sequence != 2 ||
		change.Bounce == nil || change.Bounce.Advice != hard.Advice {
		t.Errorf("change %s", all[1].Data)
	}

	if got := contact(t, store, "lena@EXAMPLE.com"); got.Email != "Lena@example.com" || got.Standing != bouncehound.DoNotEmail ||
		got.Bounces != 1 || got.Reason != bouncehound.UserUnknown || got.Class != bouncehound.Hard || got.Status != "5.1.1" || got.Diagnostic != "550 5.1.1 no such user" ||
		!got.FirstBouncedAt.Equal(noon.AddDate(0, 0, -1)) || !got.LastBouncedAt.Equal(got.FirstBouncedAt) {
		t.Errorf("contact %+v", got)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	ax, _ := json.Marshal(x)
	ay, _ := json.Marshal(y)
	return string(ax) == string(ay)
}

// TestRecordOnce: the same content in the same place and in another one.
func TestRecordOnce(t *testing.T) {
	store, _ := open(t)
	j := message(1, noon, failed("lena@example.com"), hard)
	record(t, store, j)
	before := events(t, store)

	elsewhere := j
	elsewhere.Message.Place.UID = 99
	recorded, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{j, elsewhere}, Tidy: []bouncehound.Kind{bouncehound.KindReport}}, bouncehound.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recorded {
		if r.New || r.Kind != bouncehound.KindReport || r.Bounces != nil || r.Err != nil {
			t.Errorf("recorded again as %+v", r)
		}
	}
	if after := events(t, store); len(after) != len(before) {
		t.Errorf("%d events, had %d", len(after), len(before))
	}
	copies, err := store.Untidied(t.Context(), "bounces", "INBOX", 7)
	if err != nil || len(copies) != 2 || copies[0].Place.UID != 1 || copies[1].Place.UID != 99 ||
		copies[1].Message != j.ID || copies[1].Kind != bouncehound.KindReport || copies[1].MessageID != "<report-1@mx.example.net>" {
		t.Errorf("untidied %+v, %v", copies, err)
	}
}
