package db_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// What an observing policy kept back is told once it observes no more: one event for
// each contact that stands elsewhere than it was said to, once; and one who starts with
// the standings then is told of them too.
func TestUntold(t *testing.T) {
	store, clock := open(t)
	watching := bouncehound.DefaultPolicy()
	watching.Observe = true
	deciding := bouncehound.DefaultPolicy()
	sweep := func(p bouncehound.Policy) {
		t.Helper()
		if _, err := store.Sweep(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
	}
	keep := func(p bouncehound.Policy, n int, address string, v bouncehound.Verdict) {
		t.Helper()
		if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{message(n, clock.now, failed(address), v)}}, p); err != nil {
			t.Fatal(err)
		}
	}
	keep(deciding, 1, "mia@example.com", soft) // told: watch
	keep(watching, 2, "mia@example.com", hard) // not told: do_not_email
	keep(watching, 3, "lena@example.com", hard)
	keep(watching, 4, "noa@example.com", soft) // watch, and ok again before anybody is told
	sweep(watching)
	clock.now = clock.now.Add(40 * 24 * time.Hour)
	sweep(watching)
	if got := told(t, store); !slices.Equal(got, []string{"contact.watch from ok by bounce"}) {
		t.Fatalf("told %q while observing", got)
	}
	if _, err := store.OpenCursor(t.Context(), "early", bouncehound.StartStandings); err != nil {
		t.Fatal(err)
	}
	sweep(deciding)
	sweep(deciding)
	want := []string{"contact.watch from ok by bounce", "contact.do_not_email from ok by bounce", "contact.do_not_email from watch by bounce"}
	if got := told(t, store); !slices.Equal(got, want) {
		t.Fatalf("told %q, want %q", got, want)
	}
	for _, consumer := range []string{"early", "late"} {
		c, err := store.OpenCursor(t.Context(), consumer, bouncehound.StartStandings)
		if err != nil {
			t.Fatal(err)
		}
		pending, _, err := store.Pending(t.Context(), c, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range pending {
			var change bouncehound.Change
			if err := json.Unmarshal(e.Data, &change); err != nil || change.Bounce == nil || change.Bounce.Reason != bouncehound.UserUnknown {
				t.Errorf("%v in %s", err, e.Data)
			}
			got = append(got, fmt.Sprint(e.Type, " ", e.Contact))
		}
		// Of mia the early one had been told already that she was watched, had it read.
		want := []string{"contact.do_not_email lena@example.com", "contact.do_not_email mia@example.com"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", consumer, got, want)
		}
	}
	// The history says of the change which event told of it.
	changes, err := store.Changes(t.Context(), "lena@example.com")
	if err != nil || len(changes) != 1 || changes[0].Sequence == 0 {
		t.Errorf("changes %+v, %v", changes, err)
	}
}
