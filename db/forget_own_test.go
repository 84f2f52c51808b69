package db

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"bouncehound"
)

// TestForgetManyBounces: the transaction that takes an address from its contact does no
// more to its bounces than it must, however many they are, and what is left of them is
// blanked wherever Forget is broken off.
func TestForgetManyBounces(t *testing.T) {
	const many = 2*textsAtOnce + 7
	policy := bouncehound.DefaultPolicy()
	policy.Hard = bouncehound.Limit{Count: 2 * many} // it stays watched, so that its facts go on to matter
	record := func(db *DB, from, to int) {
		t.Helper()
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		var all []bouncehound.Judged
		for n := from; n < to; n++ {
			m := bouncehound.Message{InternalDate: at, Raw: fmt.Appendf(nil, "%d: to zoe.quill@example.com\r\n", n)}
			r := bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Failed, Address: "zoe.quill@example.com", Diagnostic: "550 not zoe.quill@example.com"}}}
			if n%2 == 1 {
				r.Recipients[0].Final = "elsewhere@example.net"
			}
			r.Original = bouncehound.Original{To: "zoe.quill@example.com", Subject: "Dear Zoe", Headers: map[string]string{"X-Contact-Id": "42"}}
			v := []bouncehound.Verdict{{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Rule: "test"}}
			if n == 0 { // about two: what is quoted stays for the other
				r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Failed, Address: "other@example.com"})
				v = append(v, v[0])
			}
			all = append(all, bouncehound.Judged{Message: m, ID: m.ID(), Report: r, Bounces: bouncehound.Bounces(m, r, v, at)})
		}
		if _, err := db.Record(t.Context(), Batch{Messages: all}, policy); err != nil {
			t.Fatal(err)
		}
	}
	number := func(db *DB, query string) (n int) {
		t.Helper()
		if err := db.writer.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(query, err)
		}
		return n
	}
	for stop := range 4 {
		db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		record(db, 0, many)
		changes := number(db, `SELECT total_changes()`)
		f, err := db.beginForget(t.Context(), "zoe.quill@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if n := number(db, `SELECT total_changes()`) - changes; n > many+20 {
			t.Errorf("the first transaction made %d changes for %d bounces", n, many)
		}
		if _, err := f.pages(t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		record(db, many, many+1) // one more comes meanwhile
		if facts := number(db, `SELECT count(*) FROM bounces b JOIN contacts c ON c.key = b.key WHERE c.email = ''`); facts != many+1 {
			t.Errorf("stopped after %d pages: %d of its bounces are its own", stop, facts)
		}
		if err := db.forgetRest(t.Context(), everyPage, func() {}); err != nil {
			t.Fatal(err)
		}
		if n := mentions(t, db); n > 0 {
			t.Errorf("stopped after %d pages: %d mentions are left", stop, n)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM bounces WHERE elsewhere = 1`:           many/2 + 1,
			`SELECT count(*) FROM messages WHERE original LIKE '%Dear%'`: 1,
			`SELECT count(*) FROM headers`:                               1,
			`SELECT count(*) FROM raw`:                                   0,
		} {
			if n := number(db, query); n != want {
				t.Errorf("stopped after %d pages: %s: %d, not %d", stop, query, n, want)
			}
		}
		c, ok, err := db.Contact(t.Context(), "zoe.quill@example.com")
		if err != nil || !ok || c.Standing != bouncehound.Watch || c.Bounces != many+1 {
			t.Errorf("stopped after %d pages: %+v, %v, %v", stop, c, ok, err)
		}
	}
}
