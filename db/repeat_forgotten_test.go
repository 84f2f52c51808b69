package db_test

import (
	"testing"
	"time"

	"bouncehound"
)

// TestRepeatOfForgotten: a report whose own Message-ID names a forgotten address is stored
// without it there, and is known as a repeat all the same, from before the address was
// forgotten, from an earlier batch and within one.
func TestRepeatOfForgotten(t *testing.T) {
	store, _ := open(t)
	said := func(n int) bouncehound.Judged {
		j := message(n, noon.Add(time.Duration(n-10)*time.Hour), failed("lena@example.com"), soft)
		j.Report.MessageID = "<bounce-lena=example.com@mx.example.net>"
		return judged(j.Message, j.Report, soft)
	}
	record(t, store, said(1))
	if _, err := store.Forget(t.Context(), "lena@example.com", false); err != nil {
		t.Fatal(err)
	}
	for _, batch := range [][]int{{2}, {3, 4}, {5}} {
		var messages []bouncehound.Judged
		for _, n := range batch {
			messages = append(messages, said(n))
		}
		for i, r := range record(t, store, messages...) {
			if !r.New || len(r.Bounces) != 1 || !r.Bounces[0].Repeat {
				t.Errorf("message %d: %+v", batch[i], r)
			}
		}
	}
	if lena := contact(t, store, "lena@example.com"); lena.Bounces != 1 {
		t.Errorf("%d bounces count", lena.Bounces)
	}
}
