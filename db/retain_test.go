package db_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

const aDay = 24 * time.Hour

// retained runs the retention as it is if nothing is configured.
func retained(t *testing.T, store *db.DB, r db.Retention) db.Retained {
	t.Helper()
	done, err := store.Retain(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// leap moves the time, of which the store is told an hour before: it does not believe one
// that is far from the last.
func leap(t *testing.T, store *db.DB, clock *clock, to time.Time) {
	t.Helper()
	clock.now = to.Add(-time.Hour)
	if got := retained(t, store, db.Retention{Raw: 1, Bounces: 1, Events: 1, Sent: 1}); got != (db.Retained{}) {
		t.Fatalf("retained after a leap: %+v", got)
	}
	clock.now = to
}

// TestRetain: what is taken out when, and what never is.
func TestRetain(t *testing.T) {
	store, clock := open(t)
	beats := 0
	r := db.Retention{Raw: 90 * aDay, Bounces: 365 * aDay, Events: 90 * aDay, Beat: func() { beats++ }}
	unread := judged(bouncehound.Message{Place: bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 90}, InternalDate: noon, Source: "odd.eml", Raw: []byte("Subject: odd\n\nodd\n")},
		bouncehound.Report{Unread: true, Notes: []string{"odd"}})
	all := []bouncehound.Judged{
		message(1, noon, failed("lena@example.com"), hard), // decides
		message(2, noon.Add(time.Hour), failed("lena@example.com"), hard),
		message(3, noon, failed("mia@example.com"), soft), // watch, and then no more
		message(4, noon, failed("noa@example.com"), blocked),
		unread,
	}
	clock.now = noon.Add(2 * time.Hour)
	record(t, store, all...)
	before := contact(t, store, "lena@example.com")

	if got := retained(t, store, r); got != (db.Retained{}) {
		t.Errorf("at once: %+v", got)
	}
	if beats < 4 {
		t.Errorf("%d beats in as many steps and more", beats)
	}
	leap(t, store, clock, noon.Add(91*aDay))
	if _, err := store.Sweep(t.Context(), bouncehound.DefaultPolicy(), nil); err != nil {
		t.Fatal(err)
	}
	// Four bounces recorded, and the events of mia's watch, of which the present one is young.
	if got := retained(t, store, r); got != (db.Retained{Raw: 4, Events: 5}) {
		t.Errorf("after 91 days: %+v", got)
	}
	if _, err := store.Raw(t.Context(), all[0].ID); err == nil {
		t.Error("the bytes of a report are kept")
	}
	if _, err := store.Raw(t.Context(), unread.ID); err != nil {
		t.Errorf("the bytes of what was not understood: %v", err)
	}
	// A new endpoint still learns who must not be mailed.
	c, err := store.OpenCursor(t.Context(), "new", bouncehound.StartStandings)
	if err != nil {
		t.Fatal(err)
	}
	standings, _, err := store.Pending(t.Context(), c, nil, 0)
	if err != nil || len(standings) != 1 || standings[0].Type != bouncehound.ContactDoNotEmail || standings[0].Contact != "lena@example.com" {
		t.Errorf("standings %+v, %v", standings, err)
	}

	leap(t, store, clock, noon.Add(366*aDay))
	if got := retained(t, store, r); got != (db.Retained{Raw: 1, Bounces: 3, Short: 1}) {
		t.Errorf("after a year: %+v", got)
	}
	listed := list(t, store.Messages(t.Context(), db.MessageFilter{Kind: bouncehound.KindUnread}))
	if len(listed) != 1 || listed[0].ID != unread.ID || listed[0].Source != "" || listed[0].Notes != nil || listed[0].UID != 90 {
		t.Errorf("what was not understood is listed as %+v", listed)
	}
	left := list(t, store.Bounces(t.Context(), db.BounceFilter{}))
	if len(left) != 1 || left[0].ID != 1 || left[0].Diagnostic == "" || !reflect.DeepEqual(left[0].Original, bouncehound.Original{MessageID: "<letter-1@example.org>"}) {
		t.Errorf("bounces left: %+v", left)
	}
	if got := contact(t, store, "lena@example.com"); !reflect.DeepEqual(got, before) {
		t.Errorf("contact %+v, was %+v", got, before)
	}
	if ch := history(t, store, "lena@example.com"); len(ch) != 1 {
		t.Errorf("history %q", ch)
	}
	for i, got := range record(t, store, all...) {
		if got.New {
			t.Errorf("message %d was recorded anew", i+1)
		}
	}
	// Another copy of a report whose bounces are gone repeats it, as far as we know.
	again := message(4, noon, failed("noa@example.com"), blocked)
	again.Message.Raw = append(again.Message.Raw, "signed by a list\r\n"...)
	again.ID = again.Message.ID()
	if got := record(t, store, again)[0]; !got.New || !got.Bounces[0].Repeat {
		t.Errorf("recorded %+v", got)
	}
	if c := contact(t, store, "noa@example.com"); c.Bounces != 1 {
		t.Errorf("contact %+v", c)
	}
	// Once it decides no more, it goes.
	if _, _, err := store.Release(t.Context(), "lena@example.com", db.By{Who: "ada"}); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(aDay)
	if got := retained(t, store, r); got.Bounces != 1 {
		t.Errorf("after a release: %+v", got)
	}
}

// TestRetainHeld: what somebody has not read yet, or may want to send again, stays.
func TestRetainHeld(t *testing.T) {
	store, clock := open(t)
	r := db.Retention{Bounces: 30 * aDay, Events: 30 * aDay}
	for n := range 4 {
		record(t, store, message(n+1, noon, failed(fmt.Sprintf("u%d@example.com", n)), blocked))
	}
	c, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartBeginning)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SaveExportCursor(t.Context(), "contacts", "daily", 3); err != nil {
		t.Fatal(err)
	}
	if err := store.SaveExportCursor(t.Context(), "bounces", "daily", 2); err != nil {
		t.Fatal(err)
	}
	clock.now = noon.Add(31 * aDay)
	if got := retained(t, store, r); got != (db.Retained{Bounces: 2}) {
		t.Errorf("unread: %+v", got)
	}
	refused := events(t, store)[1]
	c.Sequence = 4
	if err := store.SetAside(t.Context(), c, bouncehound.DeadLetter{Event: refused, Error: "422"}); err != nil {
		t.Fatal(err)
	}
	if got := retained(t, store, r); got != (db.Retained{Events: 2}) { // 1 and 3: 2 is a dead letter, 4 was not exported
		t.Errorf("read by one: %+v", got)
	}
	if err := store.DropDeadLetter(t.Context(), "crm", 2); err != nil {
		t.Fatal(err)
	}
	if err := store.SaveExportCursor(t.Context(), "contacts", "daily", 4); err != nil {
		t.Fatal(err)
	}
	if err := store.SaveExportCursor(t.Context(), "bounces", "daily", 4); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(aDay)
	if got := retained(t, store, r); got != (db.Retained{Bounces: 2, Events: 2}) {
		t.Errorf("read by all: %+v", got)
	}
	if n, err := store.LastSequence(t.Context()); err != nil || n != 4 {
		t.Errorf("last sequence %d, %v", n, err)
	}
	record(t, store, message(9, clock.now, failed("new@example.com"), blocked))
	if all := events(t, store); len(all) != 1 || all[0].Sequence != 5 {
		t.Errorf("events %+v", all)
	}
}

// TestDropCursor: what is kept for a webhook or an export that is no more goes once its
// cursor is dropped, and nothing that another has not passed.
func TestDropCursor(t *testing.T) {
	store, clock := open(t)
	r := db.Retention{Bounces: 30 * aDay, Events: 30 * aDay}
	for n := range 4 {
		record(t, store, message(n+1, noon, failed(fmt.Sprintf("u%d@example.com", n)), blocked))
	}
	crm, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartBeginning)
	if err != nil {
		t.Fatal(err)
	}
	crm.Sequence = 3
	old, err := store.OpenCursor(t.Context(), "old", bouncehound.StartBeginning)
	if err != nil {
		t.Fatal(err)
	}
	old.Sequence = 1
	if err := store.SetAside(t.Context(), old, bouncehound.DeadLetter{Event: events(t, store)[0], Error: "422"}); err != nil {
		t.Fatal(err)
	}
	if err := store.SaveCursor(t.Context(), crm); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"contacts", "bounces"} {
		if err := store.SaveExportCursor(t.Context(), what, "daily", 2); err != nil {
			t.Fatal(err)
		}
	}
	exports, err := store.ExportCursors(t.Context())
	want := []db.ExportCursor{{What: "bounces", Name: "daily", Behind: 2, Since: noon}, {What: "contacts", Name: "daily", Behind: 2, Since: noon}}
	if err != nil || !reflect.DeepEqual(exports, want) {
		t.Errorf("exports %+v, %v", exports, err)
	}
	clock.now = noon.Add(31 * aDay)
	if got := retained(t, store, r); got != (db.Retained{Bounces: 2}) { // the first event is a dead letter
		t.Errorf("before: %+v", got)
	}
	if n, since, err := store.After(t.Context(), 1); n != 3 || !since.Equal(noon) || err != nil {
		t.Errorf("kept for old: %d since %v, %v", n, since, err)
	}
	if n, err := store.DropCursor(t.Context(), "old"); n != 1 || err != nil {
		t.Errorf("%d dead letters, %v", n, err)
	}
	for _, what := range []string{"contacts", "bounces"} {
		if err := store.DropExportCursor(t.Context(), what, "daily"); err != nil {
			t.Error(err)
		}
		if err := store.DropExportCursor(t.Context(), what, "daily"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("dropped twice: %v", err)
		}
	}
	for _, name := range []string{"old", "export/contacts/daily"} {
		if _, err := store.DropCursor(t.Context(), name); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("drop %s: %v", name, err)
		}
	}
	clock.now = clock.now.Add(aDay)
	if got := retained(t, store, r); got != (db.Retained{Bounces: 2, Events: 3}) { // crm has not passed the fourth
		t.Errorf("after: %+v", got)
	}
}

// TestRetainSent: rows of a sent log go when their time is over, but for those that a
// stored bounce is about; and those tell no other bounce what the ones that are gone
// might have told better.
func TestRetainSent(t *testing.T) {
	store, clock := open(t)
	r := db.Retention{Bounces: 365 * aDay, Sent: 180 * aDay}
	sent := func(rows ...bouncehound.Sent) {
		t.Helper()
		l, err := store.BeginList(t.Context(), bouncehound.List{Kind: bouncehound.ListSent})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.AddSent(t.Context(), l.Batch, rows); err != nil {
			t.Fatal(err)
		}
	}
	about := func(n int, address string, at time.Time, original string) bouncehound.Bounce {
		t.Helper()
		v := blocked // nothing rests on it
		if n == 1 {
			v = hard
		}
		j := message(n, at, failed(address), v)
		j.Report.Original.MessageID = original
		j.Bounces[0].Original.MessageID = original
		return record(t, store, j)[0].Bounces[0]
	}
	told := func(want ...string) {
		t.Helper()
		for i, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{})) {
			if b.ContactID != want[i] || b.SentAt.IsZero() != (want[i] == "") {
				t.Errorf("bounce %d: contact %q, sent %s, want %q", i+1, b.ContactID, b.SentAt, want[i])
			}
		}
	}
	both := []bouncehound.Sent{ // one letter to two
		{Address: "lena@example.com", MessageID: "<news@example.org>", ContactID: "17", At: noon.Add(-time.Hour)},
		{Address: "mia@example.com", MessageID: "<news@example.org>", ContactID: "18", At: noon.Add(-time.Hour)},
	}
	sent(append(both,
		bouncehound.Sent{Address: "noa@example.com", ContactID: "19", At: noon.Add(-48 * time.Hour)},
		bouncehound.Sent{Address: "noa@example.com", ContactID: "19", At: noon.Add(-24 * time.Hour)},
	)...)
	about(1, "lena@example.com", noon, "<news@example.org>")
	about(2, "noa@example.com", noon.Add(-30*time.Hour), "")
	told("17", "19")

	clock.now = noon.Add(179 * aDay)
	sent(bouncehound.Sent{Address: "pia@example.com", ContactID: "20", At: clock.now})
	if got := retained(t, store, r); got != (db.Retained{}) {
		t.Errorf("before their time: %+v", got)
	}
	clock.now = noon.Add(181 * aDay)
	if got := retained(t, store, r); got != (db.Retained{Sent: 2}) { // mia's, and the second to noa
		t.Errorf("after it: %+v", got)
	}
	told("17", "19")
	// The letter went to two: that of another name is not lena's because hers is left.
	about(3, "all@example.com", noon.Add(time.Hour), "<news@example.org>")
	// This one is about the letter to noa that is gone.
	about(4, "noa@example.com", noon.Add(2*time.Hour), "")
	// The same letter to the same recipient is.
	about(5, "lena@example.com", noon.Add(time.Hour), "<news@example.org>")
	told("17", "19", "", "", "17")
	// Looked for anew, what a bounce was about stays.
	sent(bouncehound.Sent{Address: "noa@example.com", MessageID: "<other@example.org>", ContactID: "19", At: clock.now}, both[1])
	told("17", "19", "", "", "17")

	leap(t, store, clock, noon.Add(362*aDay))
	if got := retained(t, store, r); got != (db.Retained{Sent: 3}) {
		t.Errorf("the younger ones: %+v", got)
	}
	clock.now = noon.Add(366 * aDay) // and now the bounces that were recorded first
	if got := retained(t, store, r); got != (db.Retained{Bounces: 1, Short: 1, Sent: 1}) {
		t.Errorf("after a year: %+v", got)
	}
	told("17", "", "", "17")
}

// TestRetainSentMany: a large log goes in small transactions.
func TestRetainSentMany(t *testing.T) {
	store, clock := open(t)
	l, err := store.BeginList(t.Context(), bouncehound.List{Kind: bouncehound.ListSent})
	if err != nil {
		t.Fatal(err)
	}
	var rows []bouncehound.Sent
	for n := range 1700 {
		rows = append(rows, bouncehound.Sent{Address: fmt.Sprintf("u%d@example.com", n), MessageID: "<news@example.org>", ContactID: "17", At: noon})
	}
	if _, err := store.AddSent(t.Context(), l.Batch, rows); err != nil {
		t.Fatal(err)
	}
	clock.now = noon.Add(2 * aDay)
	if got := retained(t, store, db.Retention{Sent: aDay}); got != (db.Retained{Sent: 1700}) {
		t.Errorf("retained %+v", got)
	}
}

// TestRetainReleasesNobody: that bounces are gone lifts nothing and counts for nobody.
func TestRetainReleasesNobody(t *testing.T) {
	store, clock := open(t)
	p := bouncehound.Policy{Hard: bouncehound.Limit{Count: 3}, Soft: bouncehound.Limit{Count: 2}}
	two := func(n int, address string, v bouncehound.Verdict) {
		for i := range 2 {
			at := noon.Add(time.Duration(i) * aDay)
			if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{message(n+i, at, said(address, "x"), v)}}, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock.now = noon.Add(2 * aDay)
	two(1, "lena@example.com", soft) // do_not_email by the second
	two(3, "mia@example.com", hard)  // at watch, for ever
	clock.now = noon.Add(40 * aDay)
	if got := retained(t, store, db.Retention{Bounces: 30 * aDay}); got != (db.Retained{Raw: 0, Bounces: 1, Short: 3}) {
		t.Errorf("retained %+v", got)
	}
	changed := list(t, store.Rejudge(t.Context(), db.Rejudging{Judge: func(bouncehound.Recipient) bouncehound.Verdict { return blocked }, Policy: p}))
	for _, d := range changed {
		if d.Address == "lena@example.com" && d.Standing != bouncehound.DoNotEmail {
			t.Errorf("judged again: %+v", d)
		}
	}
	if _, err := store.Sweep(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	if c := contact(t, store, "lena@example.com"); c.Standing != bouncehound.DoNotEmail {
		t.Errorf("contact %+v", c)
	}
	// The third one still finds the first two.
	j := message(9, clock.now, said("mia@example.com", "x"), hard)
	if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{j}}, p); err != nil {
		t.Fatal(err)
	}
	if c := contact(t, store, "mia@example.com"); c.Standing != bouncehound.DoNotEmail || c.Bounces != 3 {
		t.Errorf("contact %+v", c)
	}
	list, err := store.BeginList(t.Context(), bouncehound.List{Kind: bouncehound.ListAlive})
	if err != nil {
		t.Fatal(err)
	}
	rows := []bouncehound.Listed{{Address: "lena@example.com", At: noon.Add(-aDay)}}
	if got, err := store.AddListed(t.Context(), list, rows, p); err != nil || got[0].Added {
		t.Errorf("alive before what is no longer stored: %+v, %v", got, err)
	}
}

// TestRetainSpace: many rows go in small transactions, and the file gets smaller.
func TestRetainSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, clock := openAt(t, path)
	var batch []bouncehound.Judged
	for n := range 2600 {
		j := message(n+1, noon, failed(fmt.Sprintf("u%d@example.com", n)), blocked)
		batch = append(batch, j)
	}
	record(t, store, batch...)
	before, err := store.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clock.now = noon.Add(31 * aDay)
	if got := retained(t, store, db.Retention{Raw: 30 * aDay, Bounces: 30 * aDay, Events: 30 * aDay, Every: aDay}); got != (db.Retained{Raw: 2600, Bounces: 2600, Events: 2600}) {
		t.Errorf("retained %+v", got)
	}
	run(t, raw(t, path), `PRAGMA wal_checkpoint(TRUNCATE)`)
	after, err := store.Inspect(t.Context())
	if err != nil || len(after.Problems) > 0 || after.Free > 2<<20 || after.Size >= before.Size+before.Log {
		t.Errorf("before %+v, after %+v, %v", before, after, err)
	}
	// And not again on the same day.
	record(t, store, message(9000, noon, failed("lena@example.com"), blocked))
	clock.now = clock.now.Add(aDay / 2)
	run(t, raw(t, path), `UPDATE messages SET recorded_at = '2020-01-01T00:00:00.000Z'`)
	if got := retained(t, store, db.Retention{Bounces: 30 * aDay, Every: aDay}); got != (db.Retained{}) {
		t.Errorf("on the same day: %+v", got)
	}
	if got := retained(t, store, db.Retention{Bounces: 30 * aDay}); got.Bounces != 1 {
		t.Errorf("without waiting: %+v", got)
	}
}

// TestRetainClock: a clock that is wrong for a while takes nothing out that has not been
// kept for its time, and once it is right again retention goes on.
func TestRetainClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, clock := openAt(t, path)
	r := db.Retention{Raw: 30 * aDay, Bounces: 300 * aDay, Events: 30 * aDay, Every: 23 * time.Hour}
	const old = `UPDATE messages SET recorded_at = '2020-01-01T00:00:00.000Z'`
	at := func(now time.Time) db.Retained {
		t.Helper()
		clock.now = now
		return retained(t, store, r)
	}
	right := noon
	day := func() time.Time { right = right.Add(aDay); return right }
	record(t, store, message(1, noon, failed("lena@example.com"), blocked))
	at(day())
	// A machine that was started with the clock of another year, and again at once.
	ahead := right.AddDate(12, 0, 0)
	for _, now := range []time.Time{ahead, ahead.Add(time.Minute), ahead.Add(10 * time.Minute)} {
		if got := at(now); got != (db.Retained{}) {
			t.Fatalf("by a clock that is ahead: %+v", got)
		}
	}
	for right.Before(noon.Add(30 * aDay)) {
		if got := at(day()); got != (db.Retained{}) {
			t.Fatalf("before its time: %+v", got)
		}
	}
	if got := at(day()); got.Raw != 1 || got.Events != 1 {
		t.Errorf("after its time: %+v", got)
	}
	// One that has been ahead for long enough to be believed, and is set back.
	at(ahead)
	at(ahead.Add(time.Hour))
	record(t, store, message(2, ahead, failed("mia@example.com"), blocked))
	run(t, raw(t, path), old)
	if got := at(day()); got.Raw != 1 {
		t.Errorf("after the clock was set back: %+v", got)
	}
	// Nothing was looked at for a month, and then the clock is right all the same.
	run(t, raw(t, path), old)
	record(t, store, message(3, right, failed("noa@example.com"), blocked))
	later := right.AddDate(0, 2, 0)
	if got := at(later); got != (db.Retained{}) {
		t.Errorf("at once after a long pause: %+v", got)
	}
	if got := at(later.Add(time.Hour)); got.Raw != 1 {
		t.Errorf("and then: %+v", got)
	}
}
