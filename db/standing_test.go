package db_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// told returns the contact.* events of a store as text: type, previous, cause.
func told(t *testing.T, store *db.DB) (all []string) {
	t.Helper()
	for _, e := range events(t, store) {
		if e.Type == bouncehound.BounceRecorded {
			continue
		}
		var c bouncehound.Change
		if err := json.Unmarshal(e.Data, &c); err != nil {
			t.Fatal(err)
		}
		if c.Sequence != e.Sequence || c.EventType() != e.Type {
			t.Errorf("event %d of type %s tells %s", e.Sequence, e.Type, e.Data)
		}
		all = append(all, fmt.Sprintf("%s from %s by %s", e.Type, c.Previous, c.Cause))
	}
	return all
}

// history returns the changes of a contact in the same form.
func history(t *testing.T, store *db.DB, address string) (all []string) {
	t.Helper()
	changes, err := store.Changes(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		all = append(all, fmt.Sprintf("%s from %s by %s", c.EventType(), c.Previous, c.Cause))
	}
	return all
}

// TestStandings takes one contact through its life, day by day.
func TestStandings(t *testing.T) {
	store, clock := open(t)
	n := 0
	bounce := func(action bouncehound.Action, v bouncehound.Verdict) {
		t.Helper()
		n++
		record(t, store, message(n, clock.now, acted(action, "lena@example.com"), v))
	}
	stands := func(want bouncehound.Standing, since time.Time) {
		t.Helper()
		if got := contact(t, store, "lena@example.com"); got.Standing != want || !got.Since.Equal(since) {
			t.Errorf("day %.0f: stands at %s since %s, want %s since %s", clock.now.Sub(noon).Hours()/24, got.Standing, got.Since, want, since)
		}
	}
	day := func(d int) time.Time { return noon.AddDate(0, 0, d) }
	on := func(d int) { clock.now = day(d) }
	sweep := func(want int) {
		t.Helper()
		if got, err := store.Sweep(t.Context(), bouncehound.DefaultPolicy(), nil); err != nil || got != want {
			t.Errorf("day %.0f: swept %d, %v, want %d", clock.now.Sub(noon).Hours()/24, got, err, want)
		}
	}

	bounce(bouncehound.Failed, blocked) // not the contact's fault
	stands(bouncehound.OK, time.Time{})
	bounce(bouncehound.Failed, soft)
	stands(bouncehound.Watch, day(0))
	on(29)
	sweep(0)
	on(31)
	sweep(1)
	stands(bouncehound.OK, day(30))
	sweep(0)
	for d := 40; d < 44; d++ {
		on(d)
		bounce(bouncehound.Failed, soft)
		bounce(bouncehound.Failed, soft) // of one day
	}
	stands(bouncehound.Watch, day(40))
	clock.now = day(43).Add(time.Hour)
	bounce(bouncehound.Delivered, delivered)
	stands(bouncehound.OK, day(43).Add(time.Hour))
	for d := 50; d < 55; d++ {
		on(d)
		bounce(bouncehound.Failed, soft)
	}
	stands(bouncehound.DoNotEmail, day(54))
	on(60)
	bounce(bouncehound.Delivered, delivered) // too late
	bounce(bouncehound.Failed, hard)
	stands(bouncehound.DoNotEmail, day(54))
	if got := contact(t, store, "lena@example.com"); got.Reason != soft.Reason || got.Bounces != 16 || !got.FirstBouncedAt.Equal(day(0)) || !got.LastBouncedAt.Equal(day(60)) {
		t.Errorf("contact %+v", got)
	}
	clock.now = day(60).Add(time.Hour)
	if _, changed, err := store.Release(t.Context(), "lena@example.com", db.By{}); err != nil || !changed {
		t.Errorf("release: %v, %v", changed, err)
	}
	stands(bouncehound.OK, day(60).Add(time.Hour))
	on(61)
	n++
	record(t, store, message(n, day(59), acted(bouncehound.Failed, "lena@example.com"), hard)) // arrived before the release
	stands(bouncehound.OK, day(60).Add(time.Hour))
	bounce(bouncehound.Complained, bouncehound.Verdict{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient})
	stands(bouncehound.DoNotEmail, day(61))

	want := []string{
		"contact.watch from ok by bounce", "contact.ok from watch by expired",
		"contact.watch from ok by bounce", "contact.ok from watch by delivered",
		"contact.watch from ok by bounce", "contact.do_not_email from watch by bounce",
		"contact.released from do_not_email by hand", "contact.do_not_email from ok by complaint",
	}
	if got := told(t, store); !slices.Equal(got, want) {
		t.Errorf("events\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := history(t, store, "Lena@example.com"); !slices.Equal(got, want) {
		t.Errorf("changes\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	changes, err := store.Changes(t.Context(), "lena@example.com")
	if err != nil || len(changes) != len(want) || changes[1].Bounce != nil || changes[7].Bounce == nil || changes[7].Bounce.Action != bouncehound.Complained {
		t.Errorf("the bounces that decided: %+v, %v", changes, err)
	}
}

// TestDelivered: what only says that mail arrived makes no contact.
func TestDelivered(t *testing.T) {
	store, _ := open(t)
	for i, a := range []bouncehound.Action{bouncehound.Delivered, bouncehound.Relayed, bouncehound.Expanded, bouncehound.Delayed, bouncehound.Replied, bouncehound.Challenged} {
		record(t, store, message(i+1, noon, acted(a, "lena@example.com"), delivered))
	}
	if all := list(t, store.Contacts(t.Context(), db.ContactFilter{})); len(all) != 0 {
		t.Errorf("contacts %+v", all)
	}
	if n := len(events(t, store)); n != 6 {
		t.Errorf("%d events, want one for each action", n)
	}
}

// TestObserve: standings are kept and not told.
func TestObserve(t *testing.T) {
	store, clock := open(t)
	p := bouncehound.DefaultPolicy()
	p.Observe = true
	batch := db.Batch{Messages: []bouncehound.Judged{message(1, noon, failed("lena@example.com"), hard), message(2, noon, failed("mia@example.com"), soft)}}
	if _, err := store.Record(t.Context(), batch, p); err != nil {
		t.Fatal(err)
	}
	if got := contact(t, store, "lena@example.com").Standing; got != bouncehound.DoNotEmail {
		t.Errorf("stands at %s", got)
	}
	clock.now = noon.AddDate(0, 0, 40)
	if n, err := store.Sweep(t.Context(), p, nil); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	if got := told(t, store); got != nil {
		t.Errorf("told %q", got)
	}
	if got := history(t, store, "mia@example.com"); len(got) != 2 {
		t.Errorf("history %q", got)
	}
}

// TestFor: a do_not_email that ends by itself, and does not begin again from what
// led to it, whatever the policy says then.
func TestFor(t *testing.T) {
	store, clock := open(t)
	p := bouncehound.DefaultPolicy()
	p.Hard.For = 10 * 24 * time.Hour
	batch := func(n int) {
		t.Helper()
		b := db.Batch{Messages: []bouncehound.Judged{message(n, clock.now, failed("lena@example.com"), hard)}}
		if _, err := store.Record(t.Context(), b, p); err != nil {
			t.Fatal(err)
		}
	}
	batch(1)
	if got := contact(t, store, "lena@example.com"); got.Standing != bouncehound.DoNotEmail || !got.Until.Equal(noon.AddDate(0, 0, 10)) {
		t.Errorf("contact %+v", got)
	}
	clock.now = noon.AddDate(0, 0, 5)
	batch(2) // does not put the end off
	clock.now = noon.AddDate(0, 0, 10)
	if n, err := store.Sweep(t.Context(), p, nil); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	if got := contact(t, store, "lena@example.com"); got.Standing != bouncehound.OK || !got.Since.Equal(clock.now) || !got.Until.IsZero() || got.Cause != bouncehound.CauseExpired {
		t.Errorf("contact %+v", got)
	}
	p.Hard.For = 0
	clock.now = noon.AddDate(0, 0, 11)
	b := db.Batch{Messages: []bouncehound.Judged{message(3, clock.now, acted(bouncehound.Failed, "lena@example.com"), soft)}}
	if _, err := store.Record(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	if got := contact(t, store, "lena@example.com"); got.Standing != bouncehound.Watch {
		t.Errorf("after one soft bounce %+v", got)
	}
	want := []string{"contact.do_not_email from ok by bounce", "contact.released from do_not_email by expired", "contact.watch from ok by bounce"}
	if got := told(t, store); !slices.Equal(got, want) {
		t.Errorf("told %q", got)
	}
}

// TestByHand: suppress and release, of any spelling, known or not.
func TestByHand(t *testing.T) {
	store, clock := open(t)
	by := db.By{Who: "ada", Note: "asked by phone"}
	steps := []struct {
		address string
		do      func(address string) (bouncehound.Change, bool, error)
		changed bool
		want    bouncehound.Standing
	}{
		{"Lena@Example.com", func(a string) (bouncehound.Change, bool, error) { return store.Release(t.Context(), a, by) }, false, ""},
		{"Lena@Example.com", func(a string) (bouncehound.Change, bool, error) { return store.Suppress(t.Context(), a, by) }, true, bouncehound.DoNotEmail},
		{"lena@example.com", func(a string) (bouncehound.Change, bool, error) { return store.Suppress(t.Context(), a, by) }, false, bouncehound.DoNotEmail},
		{"LENA@example.com", func(a string) (bouncehound.Change, bool, error) { return store.Release(t.Context(), a, by) }, true, bouncehound.OK},
		{"lena@example.com", func(a string) (bouncehound.Change, bool, error) { return store.Release(t.Context(), a, by) }, false, bouncehound.OK},
	}
	for i, s := range steps {
		clock.now = clock.now.Add(time.Minute)
		got, changed, err := s.do(s.address)
		if err != nil || changed != s.changed {
			t.Fatalf("step %d: %+v, %v, %v", i, got, changed, err)
		}
		if changed && (got.Email != "Lena@example.com" || got.Standing != s.want || !got.Since.Equal(clock.now) || got.By != "ada" ||
			got.Note != by.Note || got.Cause != bouncehound.CauseHand || got.Sequence == 0) {
			t.Errorf("step %d: %+v", i, got)
		}
		if s.want != "" {
			if c := contact(t, store, "lena@example.com"); c.Standing != s.want || c.By != "ada" || c.Bounces != 0 {
				t.Errorf("step %d: contact %+v", i, c)
			}
		}
	}
	if got := told(t, store); len(got) != 2 {
		t.Errorf("told %q", got)
	}
	if _, _, err := store.Suppress(t.Context(), "", by); err == nil {
		t.Error("an empty address was suppressed")
	}
}

// TestByHandForEver: what a person suppresses does not end with the policy's "for";
// releasing a watched contact begins its count anew.
func TestByHandForEver(t *testing.T) {
	store, clock := open(t)
	p := bouncehound.DefaultPolicy()
	p.Hard.For = time.Hour
	b := db.Batch{Messages: []bouncehound.Judged{message(1, noon, failed("lena@example.com"), hard), message(2, noon, failed("mia@example.com"), soft)}}
	if _, err := store.Record(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	if _, changed, err := store.Suppress(t.Context(), "lena@example.com", db.By{Cause: bouncehound.CauseImport}); err != nil || !changed {
		t.Errorf("suppress: %v, %v", changed, err)
	}
	clock.now = noon.Add(2 * time.Hour)
	if n, err := store.Sweep(t.Context(), p, nil); err != nil || n != 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	if c := contact(t, store, "lena@example.com"); c.Standing != bouncehound.DoNotEmail || c.Cause != bouncehound.CauseImport {
		t.Errorf("contact %+v", c)
	}
	change, changed, err := store.Release(t.Context(), "mia@example.com", db.By{})
	if err != nil || !changed || change.EventType() != bouncehound.ContactOK {
		t.Errorf("release of a watched contact: %+v, %v, %v", change, changed, err)
	}
}

// TestSweepPolicy: under another policy the watched are looked at once, however
// many they are, and the others are left where they stand.
func TestSweepPolicy(t *testing.T) {
	store, clock := open(t)
	const many = 1203 // more than two transactions
	var messages []bouncehound.Judged
	for i := range many {
		messages = append(messages, message(i+1, noon, acted(bouncehound.Failed, fmt.Sprintf("u%d@example.com", i)), soft))
	}
	record(t, store, append(messages, message(many+1, noon, failed("lena@example.com"), hard), message(many+2, noon, failed("mia@example.com"), blocked))...)
	clock.now = noon.Add(time.Hour)
	if n, err := store.Sweep(t.Context(), bouncehound.DefaultPolicy(), nil); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
	p := bouncehound.DefaultPolicy()
	p.Soft.Count, p.Hard.Count, p.Block.Count = 0, 0, 1
	beats := 0
	for _, want := range []int{many, 0} {
		if n, err := store.Sweep(t.Context(), p, func() { beats++ }); err != nil || n != want {
			t.Fatalf("swept %d, %v, want %d", n, err, want)
		}
	}
	if beats < 3 {
		t.Errorf("%d beats", beats)
	}
	for address, want := range map[string]bouncehound.Standing{"u7@example.com": bouncehound.OK, "lena@example.com": bouncehound.DoNotEmail, "mia@example.com": bouncehound.OK} {
		if c := contact(t, store, address); c.Standing != want {
			t.Errorf("%s stands at %s, want %s", address, c.Standing, want)
		}
	}
	if c := contact(t, store, "u7@example.com"); !c.Since.Equal(clock.now) {
		t.Errorf("contact %+v", c)
	}
}

// TestLateBounce: bounces are judged in the order in which they arrived, whatever
// the order in which they are read.
func TestLateBounce(t *testing.T) {
	var want bouncehound.Contact
	for i, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 0, 5, 1, 4, 2}} {
		store, clock := open(t)
		clock.now = noon.AddDate(0, 0, 20)
		for _, d := range order {
			rec := acted(bouncehound.Failed, "lena@example.com")
			rec.Diagnostic = fmt.Sprintf("day %d", d)
			record(t, store, message(d+1, noon.AddDate(0, 0, d), rec, soft))
		}
		got := contact(t, store, "lena@example.com")
		if i == 0 {
			want = got
		}
		if got.Standing != bouncehound.DoNotEmail || got.Bounces != want.Bounces || !got.FirstBouncedAt.Equal(want.FirstBouncedAt) || !got.LastBouncedAt.Equal(want.LastBouncedAt) {
			t.Errorf("order %v: %+v, want %+v", order, got, want)
		}
	}
}

// TestComplaintOnFlagged: a complaint of somebody who is flagged already is told, and
// holds where the flag would have ended.
func TestComplaintOnFlagged(t *testing.T) {
	store, clock := open(t)
	p := bouncehound.DefaultPolicy()
	p.Hard.For = 10 * 24 * time.Hour
	complaint := bouncehound.Verdict{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient}
	for i, j := range []bouncehound.Judged{
		message(1, noon, failed("lena@example.com"), hard),
		message(2, noon, failed("mia@example.com"), hard),
		message(3, noon.Add(time.Hour), acted(bouncehound.Complained, "lena@example.com"), complaint),
		message(4, noon.Add(2*time.Hour), acted(bouncehound.Complained, "lena@example.com"), complaint),
	} {
		clock.now = noon.Add(time.Duration(i) * time.Hour)
		if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{j}}, p); err != nil {
			t.Fatal(err)
		}
	}
	if c := contact(t, store, "lena@example.com"); c.Cause != bouncehound.CauseComplaint || !c.Until.IsZero() || !c.Since.Equal(noon) || c.Class != bouncehound.Complaint {
		t.Errorf("contact %+v", c)
	}
	if got := history(t, store, "lena@example.com"); len(got) != 2 {
		t.Errorf("history %q", got)
	}
	clock.now = noon.AddDate(0, 0, 11)
	if n, err := store.Sweep(t.Context(), p, nil); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	for address, want := range map[string]bouncehound.Standing{"lena@example.com": bouncehound.DoNotEmail, "mia@example.com": bouncehound.OK} {
		if c := contact(t, store, address); c.Standing != want {
			t.Errorf("%s stands at %s, want %s", address, c.Standing, want)
		}
	}
}
