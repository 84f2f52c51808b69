package db_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

var every = []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactWatch, bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.ContactOK}

// logged fills the log of a store with nine events:
//
//	1 bounce lena   2 do_not_email lena   3 bounce mia   4 watch mia   5 bounce noa (blocked)
//	6 do_not_email oda   7 released oda   8 bounce mia   9 do_not_email mia
func logged(t *testing.T, store *db.DB) {
	t.Helper()
	record(t, store, message(1, noon, failed("lena@example.com"), hard))
	record(t, store, message(2, noon, failed("mia@example.com"), soft))
	record(t, store, message(3, noon, failed("noa@example.com"), blocked))
	if _, _, err := store.Suppress(t.Context(), "oda@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Release(t.Context(), "oda@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	record(t, store, message(4, noon, failed("mia@example.com"), hard))
}

func sequences(events []bouncehound.Event) (all []int64) {
	for _, e := range events {
		all = append(all, e.Sequence)
	}
	return all
}

func TestPending(t *testing.T) {
	store, _ := open(t)
	logged(t, store)
	for _, c := range []struct {
		name   string
		cursor bouncehound.Cursor
		types  []bouncehound.EventType
		limit  int
		want   []int64
		upTo   int64
	}{
		{"all", bouncehound.Cursor{}, every, 0, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 9},
		{"by default every contact event", bouncehound.Cursor{}, nil, 10, []int64{2, 4, 6, 7, 9}, 9},
		{"a few at a time", bouncehound.Cursor{}, nil, 2, []int64{2, 4}, 4},
		{"and on", bouncehound.Cursor{Sequence: 4}, nil, 2, []int64{6, 7}, 7},
		{"as many as there are", bouncehound.Cursor{Sequence: 7}, nil, 1, []int64{9}, 9},
		{"one type", bouncehound.Cursor{}, []bouncehound.EventType{bouncehound.ContactReleased}, 10, []int64{7}, 9},
		{"none of the type: the cursor may pass all", bouncehound.Cursor{Sequence: 2}, []bouncehound.EventType{bouncehound.ContactOK}, 10, nil, 9},
		{"at the end", bouncehound.Cursor{Sequence: 9}, every, 10, nil, 9},
		{"beyond the end", bouncehound.Cursor{Sequence: 50}, every, 10, nil, 50},
		{"the standings", bouncehound.Cursor{CatchUp: 9}, nil, 10, []int64{2, 9}, 9},
		{"the standings, of a type", bouncehound.Cursor{CatchUp: 9}, []bouncehound.EventType{bouncehound.ContactWatch}, 10, nil, 9},
		{"the standings hold no bounces", bouncehound.Cursor{CatchUp: 9}, every, 10, []int64{2, 9}, 9},
		{"the standings, then what came", bouncehound.Cursor{CatchUp: 5}, every, 10, []int64{2, 6, 7, 8, 9}, 9},
		{"the standings, begun", bouncehound.Cursor{CatchUp: 9, Sequence: 2}, nil, 10, []int64{9}, 9},
	} {
		got, upTo, err := store.Pending(t.Context(), c.cursor, c.types, c.limit)
		if err != nil || !slices.Equal(sequences(got), c.want) || upTo != c.upTo {
			t.Errorf("%s: %v up to %d, %v, want %v up to %d", c.name, sequences(got), upTo, err, c.want, c.upTo)
		}
	}
}

func TestOpenCursor(t *testing.T) {
	store, _ := open(t)
	logged(t, store)
	for _, c := range []struct {
		start bouncehound.Start
		want  bouncehound.Cursor
	}{
		{"", bouncehound.Cursor{Sequence: 9}},
		{bouncehound.StartNow, bouncehound.Cursor{Sequence: 9}},
		{bouncehound.StartBeginning, bouncehound.Cursor{}},
		{bouncehound.StartStandings, bouncehound.Cursor{CatchUp: 9}},
	} {
		c.want.Consumer = "from " + string(c.start)
		for _, start := range []bouncehound.Start{c.start, bouncehound.StartBeginning} { // the second time it is known
			if got, err := store.OpenCursor(t.Context(), c.want.Consumer, start); err != nil || got != c.want {
				t.Errorf("%q: %+v, %v, want %+v", c.start, got, err, c.want)
			}
		}
	}
	if _, err := store.OpenCursor(t.Context(), "other", "yesterday"); err == nil {
		t.Error("start \"yesterday\" was accepted")
	}
	all, err := store.Cursors(t.Context())
	if err != nil || len(all) != 4 || all[0].Consumer != "from " || all[3].Consumer != "from standings" {
		t.Errorf("cursors %+v, %v", all, err)
	}
}

func TestSaveCursor(t *testing.T) {
	store, _ := open(t)
	c := bouncehound.Cursor{Consumer: "crm", Sequence: 5, CatchUp: 3, Attempts: 2, NextAt: noon.Add(time.Second), LastError: "no route", Paused: true}
	stored := func() bouncehound.Cursor {
		t.Helper()
		got, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartNow)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	save := func(c bouncehound.Cursor) {
		t.Helper()
		if err := store.SaveCursor(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	save(c)
	if got := stored(); got != c {
		t.Errorf("stored %+v, want %+v", got, c)
	}
	back := bouncehound.Cursor{Consumer: "crm", Sequence: 4, Attempts: 1}
	save(back)
	back.Sequence = 5
	if got := stored(); got != back {
		t.Errorf("moved back: %+v", got)
	}
	if err := store.Rewind(t.Context(), "crm", 1); err != nil {
		t.Fatal(err)
	}
	save(c) // by somebody who does not know of it yet
	if got, want := stored(), (bouncehound.Cursor{Consumer: "crm", Sequence: 1}); got != want {
		t.Errorf("rewound: %+v, want %+v", got, want)
	}
	c.Sequence = 2
	save(c) // opened since
	if got := stored(); got != c {
		t.Errorf("after rewinding: %+v, want %+v", got, c)
	}
	if err := store.Rewind(t.Context(), "nobody", 1); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("rewinding nobody: %v", err)
	}
}

func TestDeadLetters(t *testing.T) {
	store, clock := open(t)
	logged(t, store)
	all := events(t, store)
	for _, n := range []int64{1, 4, 2, 9} {
		d := bouncehound.DeadLetter{Consumer: "crm", Event: all[n-1], At: clock.now, Error: "422"}
		if err := store.SetAside(t.Context(), bouncehound.Cursor{Consumer: "crm", Sequence: n}, d); err != nil {
			t.Fatal(err)
		}
	}
	c, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartBeginning)
	if err != nil || c.Sequence != 9 {
		t.Errorf("cursor %+v, %v", c, err)
	}
	letters := func(want map[int64]bool) {
		t.Helper()
		if n, err := store.DeadLetters(t.Context(), "crm"); err != nil || n != len(want) {
			t.Fatalf("%d letters, %v", n, err)
		}
		n := int64(0)
		for range want {
			d, ok, err := store.NextDeadLetter(t.Context(), "crm", n)
			if err != nil || !ok || d.Event.Sequence <= n {
				t.Fatalf("after %d: %+v, %v, %v", n, d, ok, err)
			}
			n = d.Event.Sequence
			if superseded, ok := want[n]; !ok || d.Superseded != superseded || d.Consumer != "crm" || d.Error != "422" || !d.At.Equal(noon) || !reflect.DeepEqual(d.Event, all[n-1]) {
				t.Errorf("letter %+v", d)
			}
		}
	}
	letters(map[int64]bool{1: false, 2: false, 4: true, 9: false})
	if _, _, err := store.Release(t.Context(), "lena@example.com", db.By{}); err != nil {
		t.Fatal(err)
	}
	letters(map[int64]bool{1: false, 2: true, 4: true, 9: false})
	if err := store.DropDeadLetter(t.Context(), "crm", 4); err != nil {
		t.Fatal(err)
	}
	letters(map[int64]bool{1: false, 2: true, 9: false})
	for consumer, after := range map[string]int64{"other": 0, "crm": 9} {
		if d, ok, err := store.NextDeadLetter(t.Context(), consumer, after); err != nil || ok {
			t.Errorf("%s after %d: %+v, %v", consumer, after, d, err)
		}
	}
}

func TestEvent(t *testing.T) {
	store, _ := open(t)
	if n, err := store.LastSequence(t.Context()); err != nil || n != 0 {
		t.Errorf("last %d, %v", n, err)
	}
	logged(t, store)
	if n, err := store.LastSequence(t.Context()); err != nil || n != 9 {
		t.Errorf("last %d, %v", n, err)
	}
	ids := map[string]bool{}
	for _, want := range events(t, store) {
		got, ok, err := store.Event(t.Context(), want.Sequence)
		if err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("event %+v, %v, %v, want %+v", got, ok, err, want)
		}
		ids[got.ID] = true
	}
	if len(ids) != 9 {
		t.Errorf("%d different ids", len(ids))
	}
	if _, ok, err := store.Event(t.Context(), 10); ok || err != nil {
		t.Errorf("event 10: %v, %v", ok, err)
	}
}
