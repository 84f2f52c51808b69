package db_test

import (
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestRecordClockSetBack: a bounce that was judged by a clock that has been set back
// since arrived now, and counts.
func TestRecordClockSetBack(t *testing.T) {
	store, c := open(t)
	j := message(1, noon.Add(5*time.Second), failed("lena@example.com"), hard)
	got := record(t, store, j)[0]
	if !got.Bounces[0].ArrivedAt.Equal(c.now) {
		t.Errorf("arrived at %v, now is %v", got.Bounces[0].ArrivedAt, c.now)
	}
	if got := contact(t, store, "lena@example.com"); got.Standing != bouncehound.DoNotEmail || !got.Since.Equal(c.now) || !got.LastBouncedAt.Equal(c.now) {
		t.Errorf("contact %+v", got)
	}
	if got := list(t, store.Messages(t.Context(), db.MessageFilter{})); !got[0].ArrivedAt.Equal(c.now) {
		t.Errorf("message %+v", got[0])
	}
}

// TestRecordManyOfOne: where an address stands does not depend on how its bounces
// are put into batches, and a message that could not be recorded counts nowhere.
func TestRecordManyOfOne(t *testing.T) {
	var all []bouncehound.Judged
	for n := range 6 { // the fifth day flags
		all = append(all, message(n+1, noon.AddDate(0, 0, n-6), failed("lena@example.com"), soft))
	}
	bad := message(7, noon.AddDate(0, 0, -7), failed("lena@example.com"), soft)
	bad.Report.Recipients = append(bad.Report.Recipients, bouncehound.Recipient{Action: "exploded", Address: "noa@example.com"})
	bad = judged(bad.Message, bad.Report, soft, soft)
	all = append(all[:3:3], append([]bouncehound.Judged{bad}, all[3:]...)...)

	var changes [2][]bouncehound.Change
	for i, size := range []int{1, len(all)} {
		store, _ := open(t)
		for rest := all; len(rest) > 0; rest = rest[size:] {
			if _, err := store.Record(t.Context(), db.Batch{Messages: rest[:size]}, bouncehound.DefaultPolicy()); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if changes[i], err = store.Changes(t.Context(), "lena@example.com"); err != nil {
			t.Fatal(err)
		}
		if len(changes[i]) != 2 || changes[i][1].Standing != bouncehound.DoNotEmail {
			t.Fatalf("in batches of %d: %+v", size, changes[i])
		}
		if got, want := changes[i][1].Since, all[5].Message.InternalDate; !got.Equal(want) {
			t.Errorf("in batches of %d: flagged at %v, want %v", size, got, want)
		}
	}
}
