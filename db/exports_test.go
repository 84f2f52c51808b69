package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
)

// fill puts n contacts that stand at do_not_email straight into a store's file.
func fill(tb testing.TB, path string, n int) {
	tb.Helper()
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		tb.Fatal(err)
	}
	defer raw.Close()
	_, err = raw.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO contacts (key, email, domain, standing, since, cause, reason, class, status, diagnostic, bounces, first_bounced_at, last_bounced_at)
		SELECT printf('user%07d@example.com', (i * 7919) % ?), printf('user%07d@example.com', (i * 7919) % ?), 'example.com', 'do_not_email', '2026-11-21T10:00:00.000Z', 'bounce',
		'user_unknown', 'hard', '5.1.1', '550 5.1.1 The email account that you tried to reach does not exist, please check for typing errors', 1,
		'2026-11-21T10:00:00.000Z', '2026-11-21T10:00:00.000Z' FROM n`, n, n, n)
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkExport writes the Do Not Email list of a store, as `export do-not-email`
// does. cpu-ns/row is the processor time of all threads, which a busy machine does not
// change; rows/s is by the wall clock.
func BenchmarkExport(b *testing.B) {
	path := filepath.Join(b.TempDir(), "test.db")
	store, _ := openAt(b, path)
	fill(b, path, 1_000_000)
	f := db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}}
	rows := 0
	before := processorTime(b)
	for b.Loop() {
		n, err := export.DoNotEmail(io.Discard, export.Options{}, store.ContactsOf(b.Context(), f, nil, false))
		if err != nil {
			b.Fatal(err)
		}
		rows += n
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(processorTime(b)-before)/float64(rows), "cpu-ns/row")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ContactsOf tells the same of each contact as Contacts does, in the order in which
// they were first stored.
func TestContactsOf(t *testing.T) {
	store, clock := open(t)
	ctx := t.Context()
	for i, address := range []string{"zoe@example.com", "ann@example.com", "max@example.com"} {
		if _, err := store.Record(ctx, db.Batch{Messages: []bouncehound.Judged{message(i+1, noon, failed(address), hard)}}, bouncehound.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
	}
	first, err := store.LastSequence(ctx)
	if err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(time.Hour)
	if _, ok, err := store.Release(ctx, "Ann@example.com", db.By{Who: "ada", Note: "new mailbox"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := store.Suppress(ctx, "new@example.com", db.By{}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	last, err := store.LastSequence(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    db.ContactFilter
		span *db.Span
		want []string
	}{
		{"all", db.ContactFilter{}, nil, []string{"zoe", "ann", "max", "new"}},
		{"do_not_email", db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}}, nil, []string{"zoe", "max", "new"}},
		{"the first span", db.ContactFilter{}, &db.Span{UpTo: first}, []string{"zoe", "ann", "max"}},
		{"what came then", db.ContactFilter{}, &db.Span{After: first, UpTo: last}, []string{"ann", "new"}},
		{"released then", db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.OK}}, &db.Span{After: first, UpTo: last}, []string{"ann"}},
		{"what is yet to come", db.ContactFilter{}, &db.Span{After: last, UpTo: last}, nil},
		{"one reason", db.ContactFilter{Reason: bouncehound.UserUnknown}, &db.Span{After: first, UpTo: last}, []string{"ann"}},
		{"limited", db.ContactFilter{Limit: 2}, nil, []string{"zoe", "ann"}},
	} {
		got, err := gather(store.ContactsOf(ctx, c.f, c.span, false))
		var names []string
		for _, one := range got {
			names = append(names, one.Email[:3])
			if plain, ok, err := store.Contact(ctx, one.Email); !ok || err != nil || plain != one {
				t.Errorf("%s: %+v, and as Contact has it %+v, %v", c.name, one, plain, err)
			}
		}
		if err != nil || !slices.Equal(names, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, names, err, c.want)
		}
	}
	if n, err := store.LastBounce(ctx); n != 3 || err != nil {
		t.Errorf("last bounce %d, %v", n, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	fill2 := 0
	for i := range 300 {
		if _, _, err := store.Suppress(ctx, fmt.Sprintf("more%d@example.com", i), db.By{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range store.ContactsOf(ended, db.ContactFilter{}, nil, false) {
		if fill2++; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if fill2 > 256 {
		t.Errorf("%d contacts after the end", fill2)
	}
}

// TestContactsOfAnyText: what is in the texts of strangers does not change how a
// contact is read.
func TestContactsOfAnyText(t *testing.T) {
	store, _ := open(t)
	texts := []string{"", "\x1f", "a\x1fb\x1f", "nul\x00 within", "no UTF-8: \xff\xfe", "Grüße, \"you\"\r\nagain", strings.Repeat("x\x1f", 5000)}
	for i, text := range texts {
		r := failed(fmt.Sprintf("a%d@example.com", i))
		r.Diagnostic = text
		if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{message(i+1, noon, r, hard)}}, bouncehound.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.Suppress(t.Context(), fmt.Sprintf("b%d@example.com", i), db.By{Who: text, Note: text}); err != nil {
			t.Fatal(err)
		}
	}
	rows := 0
	for c, err := range store.ContactsOf(t.Context(), db.ContactFilter{}, nil, false) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if plain, ok, err := store.Contact(t.Context(), c.Email); !ok || err != nil || plain != c {
			t.Errorf("%+v, and as Contact has it %+v, %v", c, plain, err)
		}
		if checks, err := store.Check(t.Context(), []string{c.Email}); err != nil || checks[0].Contact != c {
			t.Errorf("%+v, and as Check has it %+v, %v", c, checks, err)
		}
	}
	if rows != 2*len(texts) {
		t.Errorf("%d contacts, want %d", rows, 2*len(texts))
	}
}

func gather[T any](rows func(func(T, error) bool)) (all []T, err error) {
	for row, e := range rows {
		if e != nil {
			return all, e
		}
		all = append(all, row)
	}
	return all, nil
}
