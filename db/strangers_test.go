package db_test

import (
	"slices"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestStrangers: what is known of an address counts, whatever it is and wherever in
// the batch it became known.
func TestStrangers(t *testing.T) {
	policy := bouncehound.DefaultPolicy()
	policy.Soft = bouncehound.Limit{Count: 2, Within: 30 * 24 * time.Hour}
	at := noon.AddDate(0, 0, -3)
	bounce := func(n int, at time.Time, recipient bouncehound.Recipient) bouncehound.Judged {
		return message(n, at, recipient, soft)
	}
	arrival := message(3, at.Add(2*time.Hour), acted(bouncehound.Delivered, "lena@example.com"), delivered)
	for _, c := range []struct {
		name    string
		allowed string
		batches [][]bouncehound.Judged
		want    bouncehound.Standing
		bounces int
	}{
		{"one", "", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com"))}}, bouncehound.Watch, 1},
		{"two in a batch", "", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com")), bounce(2, at.Add(time.Hour), failed("LENA@example.com"))}}, bouncehound.DoNotEmail, 2},
		{"two batches", "", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com"))}, {bounce(2, at.Add(time.Hour), failed("lena@example.com"))}}, bouncehound.DoNotEmail, 2},
		{"delivered after, recorded before", "", [][]bouncehound.Judged{{arrival}, {bounce(1, at, failed("lena@example.com"))}}, bouncehound.OK, 1},
		{"and in the same batch", "", [][]bouncehound.Judged{{arrival, bounce(1, at, failed("lena@example.com"))}}, bouncehound.OK, 1},
		{"delivered between", "", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com")), arrival}, {bounce(2, at.Add(3*time.Hour), failed("lena@example.com"))}}, bouncehound.Watch, 2},
		{"allowed", "lena@example.com", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com")), bounce(2, at, failed("lena@example.com"))}}, bouncehound.Watch, 2},
		{"domain allowed", "example.com", [][]bouncehound.Judged{{bounce(1, at, failed("lena@example.com")), bounce(2, at, failed("lena@example.com"))}}, bouncehound.Watch, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := open(t)
			if c.allowed != "" {
				if _, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, c.allowed, db.By{Who: "test"}); err != nil {
					t.Fatal(err)
				}
			}
			for _, b := range c.batches {
				others := make([]bouncehound.Judged, 45) // more than one statement asks about
				for i := range others {
					others[i] = message(int(b[0].Message.Place.UID)*1000+i, at, failed(string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.net"), soft)
				}
				if _, err := store.Record(t.Context(), db.Batch{Messages: slices.Concat(others, b)}, policy); err != nil {
					t.Fatal(err)
				}
			}
			if got := contact(t, store, "lena@example.com"); got.Standing != c.want || got.Bounces != c.bounces {
				t.Errorf("contact %+v, want %s after %d bounces", got, c.want, c.bounces)
			}
			if got := contact(t, store, "aa@example.net"); got.Bounces != len(c.batches) {
				t.Errorf("another contact %+v, want %d bounces", got, len(c.batches))
			}
		})
	}
}
