package db_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestBatchesAgree: what is stored of messages does not depend on how they are put
// together into batches, whatever they have to do with one another and whether there is
// one among them that cannot be recorded as judged.
func TestBatchesAgree(t *testing.T) {
	// In 297 a message is read again with another Message-ID before one that has the former.
	for _, seed := range []uint64{1, 2, 3, 4, 297} {
		random := rand.New(rand.NewPCG(seed, 0))
		all := tangled(random, 60)
		want := dump(t, all, false, func(int) int { return 1 })
		for name, size := range map[string]func(left int) int{
			"one batch": func(left int) int { return left },
			"batches":   func(left int) int { return min(left, 1+random.IntN(20)) },
		} {
			got := dump(t, all, name == "batches", size)
			for i, row := range want {
				if i >= len(got) || got[i] != row {
					t.Fatalf("seed %d, %s: stored\n%s\nand one by one\n%s", seed, name, slices.Concat(got, []string{"nothing"})[i], row)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("seed %d, %s: stored more: %s", seed, name, got[len(want)])
			}
		}
	}
}

// tangled returns messages of which many say the same, are of the same address or the
// same content, and a few cannot be recorded.
func tangled(random *rand.Rand, n int) (all []bouncehound.Judged) {
	verdicts := []bouncehound.Verdict{hard, soft, soft, soft, blocked}
	for i := range n {
		var recipients []bouncehound.Recipient
		var said []bouncehound.Verdict
		for range 1 + random.IntN(3) {
			address := fmt.Sprintf("Reader%d@example.com", random.IntN(8))
			switch random.IntN(8) {
			case 0:
				recipients, said = append(recipients, acted(bouncehound.Delivered, address)), append(said, delivered)
			case 1:
				recipients, said = append(recipients, acted(bouncehound.Replied, address)), append(said, replied)
			default:
				recipients, said = append(recipients, failed(address)), append(said, verdicts[random.IntN(len(verdicts))])
			}
		}
		at := noon.Add(-time.Duration(random.IntN(40*24)) * time.Hour)
		j := message(i+1, at, recipients[0], hard)
		j.Report.MessageID = fmt.Sprintf("<report-%d@mx.example.net>", random.IntN(n))
		j.Report.Recipients = recipients
		switch random.IntN(12) {
		case 0: // read again, and perhaps better understood than before
			if len(all) > 0 {
				j.Message.Raw = all[random.IntN(len(all))].Message.Raw
			}
		case 1:
			j.Report = bouncehound.Report{Unread: true}
			said = nil
		case 2:
			j.Report.Recipients[len(recipients)-1].Action = "exploded"
		}
		j = judged(j.Message, j.Report, said...)
		all = append(all, j)
		if random.IntN(10) == 0 { // the same content, not understood
			j.Message.Place.UID += 1000
			all = append(all, judged(j.Message, bouncehound.Report{Unread: true}))
			all[len(all)-1], all[len(all)-2] = all[len(all)-2], all[len(all)-1]
		}
	}
	return all
}

// dump records messages, prepared or not, in batches of the given sizes and returns the rows of all
// tables, without what is drawn by lot.
func dump(t *testing.T, all []bouncehound.Judged, prepare bool, size func(left int) int) (rows []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	policy := bouncehound.DefaultPolicy() // by which a few add up, and an earlier one may decide
	policy.Hard, policy.Soft = bouncehound.Limit{Count: 3}, bouncehound.Limit{Count: 4, Within: 30 * 24 * time.Hour}
	all = slices.Clone(all)
	for i := range all {
		if prepare {
			store.Prepare(&all[i])
		}
	}
	for len(all) > 0 {
		n := size(len(all))
		if _, err := store.Record(t.Context(), db.Batch{Messages: all[:n], Tidy: []bouncehound.Kind{bouncehound.KindReport}}, policy); err != nil {
			t.Fatal(err)
		}
		all = all[n:]
	}
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, table := range []string{"folders", "messages", "raw", "headers", "copies", "bounces", "contacts", "changes", "events", "settings", "alerts", "sqlite_sequence"} {
		found, err := raw.Query(`SELECT * FROM ` + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := found.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := found.Scan(into...); err != nil {
				t.Fatal(err)
			}
			if table == "events" {
				values[1] = "" // its id
			}
			rows = append(rows, fmt.Sprintf("%s %#v", table, values))
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}
