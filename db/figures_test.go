package db_test

import (
	"reflect"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// The figures for those who watch are those of the lists.
func TestFigures(t *testing.T) {
	store, clock := open(t)
	ctx := t.Context()
	if n, err := store.FirstSequence(ctx); n != 1 || err != nil {
		t.Errorf("the first event of an empty store: %d, %v", n, err)
	}
	if _, err := store.OpenCursor(ctx, "crm", bouncehound.StartBeginning); err != nil {
		t.Fatal(err)
	}
	unread := message(9, noon, bouncehound.Recipient{}, bouncehound.Verdict{})
	unread.Report.Recipients, unread.Report.Unread, unread.Bounces = nil, true, nil
	batch := db.Batch{Messages: []bouncehound.Judged{message(1, noon, failed("lena@example.com"), hard), message(2, noon, failed("omar@example.com"), soft), unread}}
	if _, err := store.Record(ctx, batch, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(time.Hour)
	if _, _, err := store.Suppress(ctx, "new@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	standings, err := store.Standings(ctx)
	if want := map[bouncehound.Standing]int64{bouncehound.Watch: 1, bouncehound.DoNotEmail: 2}; err != nil || !reflect.DeepEqual(standings, want) {
		t.Errorf("standings %v, %v", standings, err)
	}
	if n, err := store.UnreadMessages(ctx); n != 1 || err != nil {
		t.Errorf("%d unread, %v", n, err)
	}
	c, err := store.OpenCursor(ctx, "crm", "")
	if err != nil {
		t.Fatal(err)
	}
	all := []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactDoNotEmail}
	for _, want := range []struct {
		types  []bouncehound.EventType
		events int64
		oldest time.Time
	}{{nil, 3, noon}, {all, 4, noon}, {[]bouncehound.EventType{bouncehound.ContactOK}, 0, time.Time{}}} {
		n, oldest, err := store.Lag(ctx, c, want.types)
		pending, _, err2 := store.Pending(ctx, c, want.types, 0)
		if err != nil || err2 != nil || n != want.events || n != int64(len(pending)) || !oldest.Equal(want.oldest) {
			t.Errorf("%v: %d events (%d pending), the oldest of %v, %v", want.types, n, len(pending), oldest, err)
		}
	}
	c.Sequence, _ = store.LastSequence(ctx)
	if n, oldest, err := store.Lag(ctx, c, nil); n != 0 || !oldest.IsZero() || err != nil {
		t.Errorf("at the end: %d, %v, %v", n, oldest, err)
	}
	if n, err := store.FirstSequence(ctx); n != 1 || err != nil {
		t.Errorf("the first event: %d, %v", n, err)
	}
}
