package db

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// forgettable makes a store whose messages all name an address, one of them as its own.
func forgettable(t *testing.T, path string, messages int) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var all []bouncehound.Judged
	for n := range messages {
		m := bouncehound.Message{Source: "zoe.quill@example.com", InternalDate: at, Raw: fmt.Appendf(nil, "%d: to zoe.quill@example.com\r\n", n)}
		r := bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Failed, Address: fmt.Sprintf("u%d@example.com", n), Diagnostic: "550 not zoe.quill@example.com"}}}
		r.Original.To = "zoe.quill@example.com"
		r.Original.Headers = map[string]string{"X-Contact-Id": "zoe.quill@example.com"}
		if n == 0 {
			r.Recipients[0].Address = "zoe.quill@example.com"
		}
		v := bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Rule: "test"}
		all = append(all, bouncehound.Judged{Message: m, ID: m.ID(), Report: r, Bounces: bouncehound.Bounces(m, r, []bouncehound.Verdict{v}, at)})
	}
	if _, err := db.Record(t.Context(), Batch{Messages: all}, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	return db
}

// mentions counts the texts and the kept bytes that name it.
func mentions(t *testing.T, db *DB) (n int) {
	t.Helper()
	columns := []string{`SELECT count(*) FROM events WHERE instr(data, 'zoe') OR instr(contact, 'zoe')`, `SELECT count(*) FROM raw`, `SELECT count(*) FROM forgetting`,
		`SELECT count(*) FROM settings WHERE name LIKE 'forgetting/%'`, `SELECT count(*) FROM contacts WHERE instr(key || email, 'zoe')`}
	for _, table := range texts {
		for _, c := range table.columns {
			columns = append(columns, fmt.Sprintf(`SELECT count(*) FROM %s WHERE instr("%s", 'zoe')`, table.name, c))
		}
	}
	for _, q := range columns {
		var here int
		if err := db.readers.QueryRowContext(t.Context(), q).Scan(&here); err != nil {
			t.Fatal(q, err)
		}
		n += here
	}
	return n
}

// TestForgetStopped: wherever Forget is broken off, Sweep, Retain or another Forget does
// the rest, and until then the address is remembered.
func TestForgetStopped(t *testing.T) {
	policy := bouncehound.DefaultPolicy()
	goOn := []func(db *DB) error{
		func(db *DB) error { _, err := db.Sweep(t.Context(), policy, nil); return err },
		func(db *DB) error { _, err := db.Retain(t.Context(), Retention{}); return err },
		func(db *DB) error { _, err := db.Forget(t.Context(), "other@example.com", false); return err },
		func(db *DB) error { _, err := db.Forget(t.Context(), "Zoe.Quill@example.com", false); return err },
	}
	for stop := 0; ; stop++ {
		path := filepath.Join(t.TempDir(), "test.db")
		db := forgettable(t, path, 12)
		f, err := db.beginForget(t.Context(), "zoe.quill@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.pages(t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		left := mentions(t, db)
		if left > 0 {
			var remembered bool
			if err := db.readers.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM forgetting WHERE key = ?)`, f.hash).Scan(&remembered); err != nil || !remembered {
				t.Fatalf("after %d pages %d mentions are left, and forgotten to be: %v", stop, left, err)
			}
		}
		again, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := goOn[stop%len(goOn)](again); err != nil {
			t.Fatal(err)
		}
		if n := mentions(t, again); n > 0 {
			t.Fatalf("stopped after %d pages: %d mentions are left", stop, n)
		}
		if c, ok, err := again.Contact(t.Context(), "zoe.quill@example.com"); err != nil || !ok || c.Standing != bouncehound.DoNotEmail || c.Bounces != 1 {
			t.Fatalf("stopped after %d pages: contact %+v, %v, %v", stop, c, ok, err)
		}
		again.Close()
		if left == 0 {
			if stop < 15 {
				t.Errorf("done after %d pages", stop)
			}
			return
		}
	}
}

// TestForgetBesideWriters: to look for an address takes no lock, and one that is
// interrupted is gone on with.
func TestForgetBesideWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := forgettable(t, path, textsAtOnce+7)
	other, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.writer.BeginTx(t.Context(), nil) // the write lock
	if err != nil {
		t.Fatal(err)
	}
	tried, err := db.Forget(t.Context(), "zoe.quill@example.com", true)
	if err != nil || tried.Bounces != 1 || tried.Raw != textsAtOnce+7 || tried.Texts < 2*textsAtOnce {
		t.Fatalf("tried %+v, %v", tried, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}

	f, err := db.beginForget(t.Context(), "zoe.quill@example.com")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.pages(ctx, everyPage); err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("a cancelled one: %v", err)
	}
	if err := db.forgetRest(t.Context(), everyPage, func() {}); err != nil || mentions(t, db) > 0 {
		t.Errorf("the rest: %v, %d mentions", err, mentions(t, db))
	}
}

// TestForgetTwiceAtOnce: of an address that is forgotten again while another process still
// looks for it, that process does not end the looking for what came in between.
func TestForgetTwiceAtOnce(t *testing.T) {
	db := forgettable(t, filepath.Join(t.TempDir(), "test.db"), 3)
	first, err := db.beginForget(t.Context(), "zoe.quill@example.com")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := bouncehound.Message{InternalDate: at, Raw: []byte("later: to zoe.quill@example.com\r\n")}
	r := bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Failed, Address: "u9@example.com", Diagnostic: "550 not zoe.quill@example.com"}}}
	v := bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Rule: "test"}
	later := bouncehound.Judged{Message: m, ID: m.ID(), Report: r, Bounces: bouncehound.Bounces(m, r, []bouncehound.Verdict{v}, at)}
	if _, err := db.Record(t.Context(), Batch{Messages: []bouncehound.Judged{later}}, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.pages(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	second, err := db.beginForget(t.Context(), "zoe.quill@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if second.until <= first.until {
		t.Fatalf("until %d and then %d", first.until, second.until)
	}
	steps := first.steps()
	if err := first.remember(t.Context(), steps, len(steps), 0, 0); err != nil { // it ends
		t.Fatal(err)
	}
	if err := db.forgetRest(t.Context(), everyPage, func() {}); err != nil {
		t.Fatal(err)
	}
	if n := mentions(t, db); n > 0 {
		t.Errorf("%d mentions are left", n)
	}
}
