package db

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// TestPlans: what has to be quick with a million contacts reads an index and sorts
// nothing.
func TestPlans(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	flagged := []bouncehound.Standing{bouncehound.Watch, bouncehound.DoNotEmail}
	contacts := func(f ContactFilter) string {
		query, _, err := f.query(nil)
		if err != nil {
			t.Fatal(err)
		}
		return query
	}
	narrow := func(f ContactFilter) string {
		query, _, err := f.query(map[bouncehound.Standing][]int64{bouncehound.Watch: {1, 2}, bouncehound.DoNotEmail: {3}})
		if err != nil {
			t.Fatal(err)
		}
		return query
	}
	narrowAny := func(f ContactFilter) string {
		query, _, err := f.query(map[bouncehound.Standing][]int64{anyStanding: {1, 2}})
		if err != nil {
			t.Fatal(err)
		}
		return query
	}
	reaches := func(f ContactFilter) string {
		return append(f.reaches(), f.reachesOf(bouncehound.Watch)...)[0].limited()
	}
	bounces := func(f BounceFilter) string {
		query, _ := f.query("lena@example.com")
		return query
	}
	again := func(condition string) string {
		query, _ := Rejudging{Since: time.Unix(0, 0), Read: func(bouncehound.Message) (j bouncehound.Judged) { return j }}.query(condition)
		return query
	}
	for _, c := range []struct {
		name, query string
		scans       string // the only table that may be read whole
		sorts       bool
	}{
		{"one contact", `SELECT ` + contactColumns + ` FROM contacts c WHERE c.key = ?`, "", false},
		{"the first page", contacts(ContactFilter{Standing: flagged, Sort: "since", Limit: 50}), "", false},
		{"the first page of one reason", contacts(ContactFilter{Standing: flagged, Reason: bouncehound.UserUnknown, Sort: "since", Limit: 50}), "", false},
		{"by address", contacts(ContactFilter{Limit: 50}), "", false},
		{"of all standings, most bounces first", contacts(ContactFilter{Sort: "bounces", Limit: 50}), "", false},
		{"an export", contacts(ContactFilter{Standing: flagged}), "", false},
		{"a reason that many have, in another order", contacts(ContactFilter{Standing: flagged, Reason: bouncehound.UserUnknown, Sort: "last"}), "", false},
		{"a class", contacts(ContactFilter{Standing: flagged, Class: bouncehound.Soft, Sort: "bounces"}), "", false},
		{"a domain that many have", contacts(ContactFilter{Standing: flagged, Domain: "example.com", Sort: "since"}), "", false},
		{"an original that many had", contacts(ContactFilter{Standing: flagged, MessageID: "<a@example.org>", Sort: "since"}), "", false},
		{"a header that many had", contacts(ContactFilter{Standing: flagged, HeaderName: "X-Contact-Id", HeaderValue: "42"}), "", false},
		{"since a time, of many", contacts(ContactFilter{Standing: flagged, Since: time.Unix(0, 0), Sort: "email"}), "", false},
		{"a text", contacts(ContactFilter{Standing: flagged, Text: "x", Sort: "last"}), "", false},
		{"of few, all that may be asked for", narrow(ContactFilter{Standing: flagged, Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Domain: "example.com", MessageID: "<a@example.org>", HeaderName: "X", HeaderValue: "42",
			Since: time.Unix(0, 0), Text: "x", Sort: "since"}), "json_each", true},
		{"of few of any standing", narrowAny(ContactFilter{Standing: flagged, Reason: bouncehound.UserUnknown, Domain: "example.com", Since: time.Unix(0, 0), Text: "x", Sort: "last"}), "json_each", true},
		{"few of a domain", reaches(ContactFilter{Domain: "example.com"}), "", false},
		{"few of an original", reaches(ContactFilter{MessageID: "<a@example.org>"}), "", false},
		{"few with a header", reaches(ContactFilter{HeaderName: "X-Contact-Id", HeaderValue: "42"}), "", false},
		{"few since a time", reaches(ContactFilter{Since: time.Unix(0, 0)}), "", false},
		{"few of a reason", reaches(ContactFilter{Reason: bouncehound.UserUnknown}), "", false},
		{"few of a class", reaches(ContactFilter{Class: bouncehound.Soft, Reasons: []bouncehound.Reason{bouncehound.ServerError, bouncehound.MailLoop}}), "", false},
		{"a mailbox that had few messages", contacts(ContactFilter{Standing: flagged, Mailbox: "bounces", Sort: "since", few: true}), "", true},
		{"a mailbox that had many, first page", contacts(ContactFilter{Standing: flagged, Mailbox: "bounces", Sort: "since", Limit: 50}), "", false},
		{"how many came to a mailbox", selectMailbox, "", false},
		{"bounces of a mailbox", bounces(BounceFilter{Mailbox: "bounces", After: 7, Limit: 10}), "", false},
		{"a contact's bounces", bounces(BounceFilter{Address: "lena@example.com", Repeats: true}), "", false},
		{"bounces from one on", bounces(BounceFilter{After: 7, Limit: 10}), "", false},
		{"bounces of a report", bounces(BounceFilter{Message: "0123"}), "", true},
		{"bounces of an original", bounces(BounceFilter{MessageID: "<a@example.org>"}), "", true},
		{"the first page, last bounced first", contacts(ContactFilter{Standing: flagged, Sort: "last", Limit: 50}), "", false},
		{"the first page, most bounces first", contacts(ContactFilter{Standing: flagged, Sort: "bounces", Limit: 50}), "", false},
		{"what was sent, by recipient", `SELECT number FROM sent WHERE key = ? AND key <> '' AND sent_at BETWEEN ? AND ? AND kept = 0 ORDER BY sent_at DESC LIMIT 1`, "", false},
		{"what was sent and may go", selectSent, "", false},
		{"what was sent and kept beyond its time", `SELECT 1 FROM sent WHERE message_id = ? AND kept = 1`, "", false},
		{"what was sent, by Message-ID", `SELECT number FROM sent WHERE message_id = ? AND message_id <> '' AND key = ?`, "", false},
		{"a check of many", selectChecks, "j", false},
		{"a check of many, of those flagged", selectChecks + onlyFlagged, "j", false},
		{"dead letters", `SELECT * FROM dead_letters d JOIN events e ON e.sequence = d.sequence WHERE d.consumer = ? AND EXISTS ` + laterEvent, "", false},
		{"bounces to judge again, by address", again(nextKeys), "", false},
		{"bounces to judge again, of one address", again(`b.key = ? ORDER BY b.id`), "", false},
		{"bounces to judge again, without one", again(nextKeyless), "", false},
		{"messages to read again", `SELECT m.id ` + keptFrom + nextUnread, "", false},
	} {
		rows, err := db.readers.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+c.query, make([]any, strings.Count(c.query, "?"))...)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for rows.Next() {
			var n int
			var step string
			if err := rows.Scan(&n, &n, &n, &step); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(step, "SCAN") && (c.scans == "" || !strings.HasPrefix(step, "SCAN c ") && !strings.HasPrefix(step, "SCAN "+c.scans+" ")) || strings.Contains(step, "TEMP B-TREE FOR ORDER") && !c.sorts {
				t.Errorf("%s: %s", c.name, step)
			}
			if c.scans == "j" && strings.HasPrefix(step, "SEARCH c ") && !strings.Contains(step, "key=?") {
				t.Errorf("%s: not by key: %s", c.name, step)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStamp: times sort as text and come back as they were stored.
func TestStamp(t *testing.T) {
	var before string
	for _, at := range []time.Time{
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 999e6, time.FixedZone("", -3600)), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 1e6, time.UTC), time.Date(2026, 1, 2, 5, 4, 5, 1e8, time.FixedZone("", 3600)), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		v, err := stamp(at).Value()
		text, ok := v.(string)
		if err != nil || !ok || text <= before {
			t.Errorf("%s is stored as %v, %v, after %q", at, v, err, before)
		}
		var back stamp
		if err := back.Scan(text); err != nil || !time.Time(back).Equal(at) || !stored(at).Equal(at) {
			t.Errorf("%q comes back as %s, %v, want %s", text, time.Time(back), err, at)
		}
		before = text
	}
	for _, text := range []string{
		"2024-02-29T23:59:59.999Z", "2023-02-29T00:00:00.000Z", "2024-02-30T00:00:00.000Z", "2024-04-31T00:00:00.000Z", "2024-13-01T00:00:00.000Z", "2024-00-01T00:00:00.000Z", "2024-01-00T00:00:00.000Z",
		"2024-01-01T24:00:00.000Z", "2024-01-01T00:60:00.000Z", "2024-01-01T00:00:60.000Z", "2024-01-01 00:00:00.000Z", "2024-01-01T00:00:00.00ZZ", "2024-01-01T00:00:00+01:00", "2024-01-01T00:00:0a.000Z", "+024-01-01T00:00:00.000Z", "",
	} {
		want, wrong := time.Parse(time.RFC3339, text)
		if got, err := parseStamp(text); !time.Time(got).Equal(want) || (err == nil) != (wrong == nil) {
			t.Errorf("%q is read as %s, %v, want %s, %v", text, time.Time(got), err, want, wrong)
		}
	}
	var back stamp
	for _, v := range []any{int64(5), "yesterday", []byte("2026-01-02T03:04:05Z")} {
		if err := back.Scan(v); err == nil {
			t.Errorf("%v was read as a time", v)
		}
	}
	if v, err := stamp(time.Time{}).Value(); v != nil || err != nil {
		t.Errorf("the zero time is %v, %v", v, err)
	}
	if err := back.Scan(nil); err != nil || !time.Time(back).IsZero() {
		t.Errorf("NULL is %s, %v", time.Time(back), err)
	}
	if _, err := stamp(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)).Value(); err == nil {
		t.Error("a year before 0 was stored")
	}
}

// TestConnections: every connection of a pool has its pragmas.
func TestConnections(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 3 {
		for _, handle := range []struct {
			name    string
			conn    *sql.DB
			pragmas map[string]string
		}{
			{"writer", db.writer, map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "query_only": "0", "busy_timeout": "10000", "temp_store": "2"}},
			{"reader", db.readers, map[string]string{"journal_mode": "wal", "foreign_keys": "1", "query_only": "1", "busy_timeout": "10000"}},
		} {
			conn, err := handle.conn.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for pragma, want := range handle.pragmas {
				var got string
				if err := conn.QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s has %s = %s, %v, want %s", handle.name, pragma, got, err, want)
				}
			}
			if handle.conn == db.writer {
				if err := conn.Close(); err != nil { // there is only one
					t.Error(err)
				}
			} else {
				defer conn.Close() // so that the next one is another
			}
		}
	}
	if _, err := db.readers.ExecContext(t.Context(), `DELETE FROM contacts`); err == nil {
		t.Error("a reader has written")
	}
}
