package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/db"
)

// TestTurn: of all who have the store open, one at a time sends to a consumer.
func TestTurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bouncehound.db")
	turn := func(ctx context.Context, store *db.DB, consumer string) func() {
		t.Helper()
		done, err := store.Turn(ctx, consumer)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	var stores [2]*db.DB
	for i := range stores {
		store, err := db.Open(t.Context(), path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		stores[i] = store
	}
	first := turn(t.Context(), stores[0], "crm")
	turn(t.Context(), stores[1], "other")() // which waits for nobody
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, store := range stores {
		if _, err := store.Turn(ctx, "crm"); !errors.Is(err, context.Canceled) {
			t.Errorf("a turn while another has it: %v", err)
		}
	}
	waiting := make(chan func(), 1)
	go func() {
		done, err := stores[1].Turn(t.Context(), "crm")
		if err != nil {
			t.Error(err)
			done = func() {}
		}
		waiting <- done
	}()
	select {
	case <-waiting:
		t.Fatal("two have the turn")
	default:
	}
	first()
	(<-waiting)()
	turn(t.Context(), stores[0], "crm")()
}

// TestTurnIsFair: one who takes turn after turn lets another have his.
func TestTurnIsFair(t *testing.T) {
	store, _ := open(t)
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		other := make(chan int32, 1)
		go func() {
			time.Sleep(time.Millisecond)
			done, err := store.Turn(t.Context(), "crm")
			if err != nil {
				t.Error(err)
				return
			}
			other <- taken.Load()
			time.Sleep(time.Second)
			done()
		}()
		for range 100 {
			done, err := store.Turn(t.Context(), "crm")
			if err != nil {
				t.Fatal(err)
			}
			taken.Add(1)
			time.Sleep(7300 * time.Microsecond)
			done()
		}
		if n := <-other; n > 3 {
			t.Errorf("he waited for %d turns", n)
		}
	})
}
