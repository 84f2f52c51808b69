package db

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// TestRunAfterCancel: what waits when a transaction is cancelled, and so rolled back, is
// not written beside it.
func TestRunAfterCancel(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var flushed error
	err = db.write(ctx, "test", func(tx *transaction) error {
		tx.waiting.add(changeRows, "lena@example.com", "", "", "", "", "", "", "", "", 0, 0)
		cancel()
		for over := false; !over; runtime.Gosched() {
			err := tx.conn.Raw(func(c any) error {
				over = c.(*sqlite3.SQLiteConn).AutoCommit()
				return nil
			})
			over = over || err != nil // database/sql has closed it
		}
		flushed = tx.flush()
		return flushed
	})
	if !errors.Is(err, context.Canceled) || flushed == nil {
		t.Errorf("write: %v, flush: %v", err, flushed)
	}
	var n int
	if err := db.readers.QueryRowContext(t.Context(), `SELECT count(*) FROM changes`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d changes are stored, %v", n, err)
	}
	if err := db.write(t.Context(), "again", func(*transaction) error { return nil }); err != nil {
		t.Error(err)
	}
}

// TestLargeRows: rows of which some are larger than what is bound in one call come out
// as they went in.
func TestLargeRows(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sizes := map[string]int{"small": 10, "empty": 0, "large": boundAtOnce + 1, "larger": 3 * boundAtOnce}
	err = db.write(t.Context(), "test", func(tx *transaction) error {
		for key, size := range sizes {
			tx.waiting.add(changeRows, key, "", string(make([]byte, size)), "", "", "", "", "", "", 0, 0)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, size := range sizes {
		var got int
		if err := db.readers.QueryRowContext(t.Context(), `SELECT length(CAST(email AS BLOB)) FROM changes WHERE key = ?`, key).Scan(&got); err != nil || got != size {
			t.Errorf("%s: %d octets, %v, want %d", key, got, err, size)
		}
	}
}
