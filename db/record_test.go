package db_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestKept: what is kept of which kind of message.
func TestKept(t *testing.T) {
	at := noon.AddDate(0, 0, -1)
	letter := message(2, at, bouncehound.Recipient{}, bouncehound.Verdict{})
	letter.Report, letter.Bounces = bouncehound.Report{MessageID: "<private@example.com>", Original: letter.Report.Original}, nil
	unread := message(4, at, bouncehound.Recipient{}, bouncehound.Verdict{})
	unread.Report, unread.Bounces = bouncehound.Report{MessageID: "<odd@example.com>", Unread: true, Notes: []string{"no recipient"}}, nil
	receipt := message(5, at, acted(bouncehound.NoAction, "lena@example.com"), bouncehound.Verdict{Class: bouncehound.None, Reason: bouncehound.ReasonNotABounce})

	for _, c := range []struct {
		name    string
		judged  bouncehound.Judged
		want    db.StoredMessage
		bounces int
		events  int
		raw     bool
	}{
		{"report", message(1, at, failed("lena@example.com"), blocked), db.StoredMessage{
			Kind: bouncehound.KindReport, Source: "bounces/INBOX;UID=1", ArrivedAt: at, MessageID: "<report-1@mx.example.net>", Format: "dsn", Recipients: 1}, 1, 1, true},
		{"letter", letter, db.StoredMessage{Kind: bouncehound.KindOther}, 0, 0, false},
		{"automatic reply", message(3, at, acted(bouncehound.Replied, "lena@example.com"), replied), db.StoredMessage{
			Kind: bouncehound.KindOther, Source: "bounces/INBOX;UID=3", ArrivedAt: at, MessageID: "<report-3@mx.example.net>", Format: "dsn", Recipients: 1}, 1, 1, false},
		{"unread", unread, db.StoredMessage{
			Kind: bouncehound.KindUnread, Source: "bounces/INBOX;UID=4", ArrivedAt: at, MessageID: "<odd@example.com>", Notes: []string{"no recipient"}}, 0, 0, true},
		{"read receipt", receipt, db.StoredMessage{Kind: bouncehound.KindOther}, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			store, clock := openAt(t, path)
			if got := record(t, store, c.judged)[0]; got.Kind != c.want.Kind || !got.New {
				t.Errorf("recorded %+v", got)
			}
			m := c.judged.Message
			c.want.ID, c.want.Mailbox, c.want.Folder, c.want.UID = m.ID(), "bounces", "INBOX", m.Place.UID
			c.want.Size, c.want.RecordedAt = int64(len(m.Raw)), clock.now
			stored := list(t, store.Messages(t.Context(), db.MessageFilter{}))
			if len(stored) != 1 || !reflect.DeepEqual(stored[0], c.want) {
				t.Errorf("stored\n%+v, want\n%+v", stored, c.want)
			}
			if got := list(t, store.Bounces(t.Context(), db.BounceFilter{})); len(got) != c.bounces {
				t.Errorf("%d bounces, want %d", len(got), c.bounces)
			}
			if got := events(t, store); len(got) != c.events {
				t.Errorf("%d events, want %d", len(got), c.events)
			}
			var headers int
			if err := raw(t, path).QueryRow(`SELECT count(*) FROM headers`).Scan(&headers); err != nil || (headers > 0) != (c.bounces > 0) {
				t.Errorf("%d captured headers, %v", headers, err)
			}
			raw, err := store.Raw(t.Context(), m.ID()[:9])
			if c.raw && (err != nil || !bytes.Equal(raw, m.Raw)) || !c.raw && !errors.Is(err, db.ErrNotFound) {
				t.Errorf("raw %q, %v", raw, err)
			}
		})
	}
}

// TestBounceComesBack: a bounce is read as it was recorded, but for the words.
func TestBounceComesBack(t *testing.T) {
	store, _ := open(t)
	rec := failed("Lena@example.com")
	rec.Final, rec.RemoteMTA = "lena@example.net", "mx.example.net"
	j := message(1, noon.Add(-time.Hour), rec, hard)
	j.Report.Original = bouncehound.Original{MessageID: "<a@example.org>", InReplyTo: "<b@example.org>", References: "<b@example.org>", Subject: "Größe <1>",
		From: "us@example.org", To: "Lena <lena@example.com>", Date: "2026-01-01T00:00:00Z", ListID: "<news.example.org>", Headers: map[string]string{"X-Contact-Id": "42"}}
	j = judged(j.Message, j.Report, hard)
	want := record(t, store, j)[0].Bounces[0]
	want.Explanation, want.Advice = "", ""
	if got := list(t, store.Bounces(t.Context(), db.BounceFilter{})); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("read\n%+v, want\n%+v", got, want)
	}
}

// TestRepeats: the same report, recipient, action and status said again in other
// bytes is kept and does nothing.
func TestRepeats(t *testing.T) {
	first := message(1, noon.Add(-time.Hour), failed("lena@example.com"), soft)
	again := func(change func(*bouncehound.Judged)) bouncehound.Judged {
		j := message(2, noon, failed("Lena@EXAMPLE.com"), soft)
		j.Report.MessageID = first.Report.MessageID
		if change != nil {
			change(&j)
		}
		return judged(j.Message, j.Report, soft)
	}
	for _, c := range []struct {
		name   string
		second bouncehound.Judged
		repeat bool
	}{
		{"same", again(nil), true},
		{"other status", again(func(j *bouncehound.Judged) { j.Report.Recipients[0].Status = "5.2.2" }), false},
		{"other action", again(func(j *bouncehound.Judged) { j.Report.Recipients[0].Action = bouncehound.Complained }), false},
		{"other recipient", again(func(j *bouncehound.Judged) { j.Report.Recipients[0].Address = "mia@example.com" }), false},
		{"other report", again(func(j *bouncehound.Judged) { j.Report.MessageID = "<other@example.net>" }), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := open(t)
			record(t, store, first)
			before := len(events(t, store))
			got := record(t, store, c.second)[0]
			if !got.New || len(got.Bounces) != 1 || got.Bounces[0].ID != 2 || got.Bounces[0].Repeat != c.repeat {
				t.Errorf("recorded %+v", got)
			}
			if after := len(events(t, store)); (after == before) != c.repeat {
				t.Errorf("%d events, had %d", after, before)
			}
			n := list(t, store.Bounces(t.Context(), db.BounceFilter{Repeats: true}))
			if without := list(t, store.Bounces(t.Context(), db.BounceFilter{})); len(n) != 2 || (len(without) == 1) != c.repeat {
				t.Errorf("%d bounces, %d without repeats", len(n), len(without))
			}
			if lena := contact(t, store, "lena@example.com"); c.repeat && lena.Bounces != 1 {
				t.Errorf("contact counts %d bounces", lena.Bounces)
			}
		})
	}

	t.Run("do not count", func(t *testing.T) {
		store, _ := open(t)
		other := again(func(j *bouncehound.Judged) {
			j.Report.MessageID, j.Message.Raw = "<other@example.net>", []byte("other")
		})
		b := db.Batch{Messages: []bouncehound.Judged{first, again(nil), other}}
		if _, err := store.Record(t.Context(), b, bouncehound.Policy{Soft: bouncehound.Limit{Count: 3}}); err != nil {
			t.Fatal(err)
		}
		if got := contact(t, store, "lena@example.com"); got.Standing != bouncehound.Watch || got.Bounces != 2 {
			t.Errorf("contact %+v, want one that has bounced twice", got)
		}
	})
	t.Run("without Message-ID", func(t *testing.T) {
		store, _ := open(t)
		a, b := first, again(nil)
		a.Report.MessageID, b.Report.MessageID = "", ""
		record(t, store, a, b)
		if got := contact(t, store, "lena@example.com"); got.Bounces != 2 {
			t.Errorf("contact counts %d bounces, want 2", got.Bounces)
		}
	})
	t.Run("within one report", func(t *testing.T) {
		store, _ := open(t)
		j := first
		j.Report.Recipients = []bouncehound.Recipient{failed("lena@example.com"), failed("LENA@example.com"), failed(""), failed("")}
		got := record(t, store, judged(j.Message, j.Report, soft, soft, soft, soft))[0].Bounces
		for i, want := range []bool{false, true, false, false} {
			if got[i].Repeat != want {
				t.Errorf("recipient %d: repeat %v", i, got[i].Repeat)
			}
		}
		if all := list(t, store.Contacts(t.Context(), db.ContactFilter{})); len(all) != 1 {
			t.Errorf("contacts %+v: an empty address makes none", all)
		}
	})
}

// TestUnderstoodLater: content that is understood better than before is new.
func TestUnderstoodLater(t *testing.T) {
	store, _ := open(t)
	report := message(1, noon, failed("lena@example.com"), hard)
	unread, other := report, report
	unread.Report, unread.Bounces = bouncehound.Report{Unread: true}, nil
	other.Report, other.Bounces = bouncehound.Report{}, nil
	for i, c := range []struct {
		judged bouncehound.Judged
		kind   bouncehound.Kind
		new    bool
		events int
	}{
		{other, bouncehound.KindOther, true, 0},
		{other, bouncehound.KindOther, false, 0},
		{unread, bouncehound.KindUnread, true, 0},
		{report, bouncehound.KindReport, true, 2},
		{unread, bouncehound.KindReport, false, 2},
		{report, bouncehound.KindReport, false, 2},
	} {
		got := record(t, store, c.judged)[0]
		if got.Kind != c.kind || got.New != c.new || len(events(t, store)) != c.events {
			t.Errorf("step %d: %+v, %d events", i, got, len(events(t, store)))
		}
	}
	if stored := list(t, store.Messages(t.Context(), db.MessageFilter{})); len(stored) != 1 || stored[0].Kind != bouncehound.KindReport || stored[0].Format != "dsn" {
		t.Errorf("stored %+v", stored)
	}
	if raw, err := store.Raw(t.Context(), report.ID); err != nil || !bytes.Equal(raw, report.Message.Raw) {
		t.Errorf("raw %q, %v", raw, err)
	}
}

// TestBadMessage: a message that cannot be recorded as judged is kept as unread and
// fails no other; nothing of what it began is left.
func TestBadMessage(t *testing.T) {
	store, _ := open(t)
	bad := message(2, noon, failed("mia@example.com"), hard)
	bad.Report.Recipients = append(bad.Report.Recipients, bouncehound.Recipient{Action: "exploded", Address: "noa@example.com"})
	bad = judged(bad.Message, bad.Report, hard, hard)
	bad.Report.Recipients = append(bad.Report.Recipients, failed("last@example.com"))
	b := db.Batch{
		Messages: []bouncehound.Judged{message(1, noon, failed("lena@example.com"), hard), bad, message(3, noon, failed("oda@example.com"), hard)},
		UpTo:     bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 3},
		Tidy:     []bouncehound.Kind{bouncehound.KindUnread},
	}
	recorded, err := store.Record(t.Context(), b, bouncehound.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	if recorded[0].Err != nil || recorded[2].Err != nil || !recorded[2].New {
		t.Errorf("the others: %+v", recorded)
	}
	if r := recorded[1]; r.Err == nil || !strings.Contains(r.Err.Error(), "recipient 2") || r.Kind != bouncehound.KindUnread || !r.New || r.Bounces != nil {
		t.Errorf("the bad one: %+v", r)
	}
	unread := list(t, store.Messages(t.Context(), db.MessageFilter{Kind: bouncehound.KindUnread}))
	if len(unread) != 1 || unread[0].ID != bad.ID || len(unread[0].Notes) != 1 || !strings.HasPrefix(unread[0].Notes[0], "could not be recorded") {
		t.Errorf("unread %+v", unread)
	}
	if raw, err := store.Raw(t.Context(), bad.ID); err != nil || !bytes.Equal(raw, bad.Message.Raw) {
		t.Errorf("raw %q, %v", raw, err)
	}
	if copies, err := store.Untidied(t.Context(), "bounces", "INBOX", 7); err != nil || len(copies) != 1 || copies[0].Place.UID != 2 {
		t.Errorf("untidied %+v, %v", copies, err)
	}
	for i, e := range events(t, store) {
		if e.Sequence != int64(i+1) || e.Contact == "mia@example.com" {
			t.Errorf("event %+v", e)
		}
	}
	if _, ok, err := store.Contact(t.Context(), "mia@example.com"); ok || err != nil {
		t.Errorf("contact of the message that failed: %v, %v", ok, err)
	}
}

// TestBadTime: so is one whose time cannot be stored, which its own fallback must not try again.
func TestBadTime(t *testing.T) {
	store, _ := open(t)
	bad := message(1, noon, failed("lena@example.com"), hard)
	bad.Message.InternalDate = time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)
	bad.Bounces[0].ArrivedAt = bad.Message.InternalDate // cannot be stored
	recorded, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{bad}}, bouncehound.DefaultPolicy())
	if err != nil || recorded[0].Err == nil || recorded[0].Kind != bouncehound.KindUnread {
		t.Errorf("recorded %+v, %v", recorded, err)
	}
}

// TestBatchFails: of a batch that fails nothing is kept, the cursor included.
func TestBatchFails(t *testing.T) {
	store, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := db.Batch{
		Messages: []bouncehound.Judged{message(1, noon, failed("lena@example.com"), hard)},
		UpTo:     bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 1},
	}
	if _, err := store.Record(ctx, b, bouncehound.DefaultPolicy()); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if stored := list(t, store.Messages(t.Context(), db.MessageFilter{})); len(stored) != 0 {
		t.Errorf("stored %+v", stored)
	}
	if p, err := store.FolderCursor(t.Context(), "bounces", "INBOX"); err != nil || p.UID != 0 {
		t.Errorf("cursor %+v, %v", p, err)
	}
	if _, err := store.Record(t.Context(), b, bouncehound.DefaultPolicy()); err != nil {
		t.Errorf("the same batch afterwards: %v", err)
	}
}

func TestRawOptions(t *testing.T) {
	report, unread := message(1, noon, failed("lena@example.com"), hard), message(2, noon, failed(""), hard)
	unread.Report, unread.Bounces = bouncehound.Report{Unread: true}, nil
	for raw, want := range map[string]string{"": string(report.Message.Raw), "full": string(report.Message.Raw), "headers": "Subject: report 1\r\n\r\n", "none": ""} {
		store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "raw.db"), db.Options{Raw: raw})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		record(t, store, report, unread)
		got, err := store.Raw(t.Context(), report.ID)
		if string(got) != want || (want == "") != errors.Is(err, db.ErrNotFound) {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
		if got, err := store.Raw(t.Context(), unread.ID); err != nil || !bytes.Equal(got, unread.Message.Raw) {
			t.Errorf("%q: of what was not understood %q, %v", raw, got, err)
		}
	}
	if _, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "raw.db"), db.Options{Raw: "some"}); err == nil {
		t.Error("raw \"some\" was accepted")
	}
}

func TestRawAmbiguous(t *testing.T) {
	store, _ := open(t)
	for n := range 17 { // more than there are first digits
		record(t, store, message(n+1, noon, failed("lena@example.com"), hard))
	}
	seen := map[byte]int{}
	for _, m := range list(t, store.Messages(t.Context(), db.MessageFilter{})) {
		seen[m.ID[0]]++
	}
	for digit, n := range seen {
		if _, err := store.Raw(t.Context(), strings.ToUpper(string(digit))); errors.Is(err, db.ErrAmbiguous) != (n > 1) {
			t.Errorf("%c begins %d ids: %v", digit, n, err)
		}
	}
}

func TestFolderCursor(t *testing.T) {
	store, _ := open(t)
	at := func(validity, uid uint32) bouncehound.Place {
		return bouncehound.Place{Mailbox: "bounces", Folder: "Büro/INBOX", UIDValidity: validity, UID: uid}
	}
	for i, c := range []struct{ upTo, want bouncehound.Place }{
		{bouncehound.Place{}, at(0, 0)},
		{at(7, 3), at(7, 3)},
		{at(7, 9), at(7, 9)},
		{at(7, 5), at(7, 9)}, // never back
		{bouncehound.Place{}, at(7, 9)},
		{at(8, 2), at(8, 2)}, // the server numbers anew
	} {
		if _, err := store.Record(t.Context(), db.Batch{UpTo: c.upTo}, bouncehound.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		if got, err := store.FolderCursor(t.Context(), "bounces", "Büro/INBOX"); err != nil || got != c.want {
			t.Errorf("step %d: %+v, %v, want %+v", i, got, err, c.want)
		}
	}
}

func TestTidied(t *testing.T) {
	store, _ := open(t)
	all := []bouncehound.Judged{message(1, noon, failed("a@example.com"), hard), message(2, noon, failed("b@example.com"), hard), message(3, noon, acted(bouncehound.Replied, "c@example.com"), replied)}
	uids := func() (uids []uint32) {
		t.Helper()
		copies, err := store.Untidied(t.Context(), "bounces", "INBOX", 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range copies {
			uids = append(uids, c.Place.UID)
		}
		return uids
	}
	again := func() {
		t.Helper()
		if _, err := store.Record(t.Context(), db.Batch{Messages: all, Tidy: []bouncehound.Kind{bouncehound.KindReport}}, bouncehound.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
	}
	again()
	if got := uids(); !slices.Equal(got, []uint32{1, 2}) {
		t.Errorf("untidied %v", got)
	}
	if err := store.Tidied(t.Context(), "bounces", "INBOX", 7, []uint32{1, 3, 99}); err != nil {
		t.Fatal(err)
	}
	if got := uids(); !slices.Equal(got, []uint32{2}) {
		t.Errorf("untidied %v", got)
	}
	again() // it is still there, or there again
	if got := uids(); !slices.Equal(got, []uint32{1, 2}) {
		t.Errorf("untidied %v", got)
	}
	if copies, err := store.Untidied(t.Context(), "bounces", "INBOX", 8); err != nil || len(copies) != 0 {
		t.Errorf("under another validity %v, %v", copies, err)
	}
}
