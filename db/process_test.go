package db_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// childRecord records batches of ten reports until it is killed, and says after
// each how many messages are safe.
func childRecord() {
	store, err := db.Open(context.Background(), os.Getenv("BOUNCEHOUND_DB_PATH"), db.Options{})
	if err != nil {
		panic(err)
	}
	for n := 0; ; n += 10 {
		var b db.Batch
		for i := n; i < n+10; i++ {
			b.Messages = append(b.Messages, message(i+1, noon, failed(fmt.Sprintf("user%d@example.com", i)), hard))
		}
		b.UpTo = b.Messages[9].Message.Place
		if _, err := store.Record(context.Background(), b, bouncehound.DefaultPolicy()); err != nil {
			panic(err)
		}
		fmt.Println(n + 10)
	}
}

// TestKill kills a process in the middle of Record, again and again: each batch is
// there whole or not at all, and what it said was safe is.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	safe := 0
	for round := range 6 {
		cmd := child(t, "record", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 3 + round*2 { // the first batches are there already
			if !lines.Scan() {
				t.Fatal("the child has ended: ", cmd.Wait())
			}
			var n int
			if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
				t.Fatal(err)
			}
			safe = max(safe, n)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it still said before it died
			var n int
			if _, err := fmt.Sscan(lines.Text(), &n); err == nil {
				safe = max(safe, n)
			}
		}
		cmd.Wait() // says only that it was killed

		store, err := db.Open(t.Context(), path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := store.FolderCursor(t.Context(), "bounces", "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		messages := len(list(t, store.Messages(t.Context(), db.MessageFilter{})))
		bounces := len(list(t, store.Bounces(t.Context(), db.BounceFilter{Repeats: true})))
		contacts := len(list(t, store.Contacts(t.Context(), db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}})))
		if messages < safe || messages%10 != 0 || bounces != messages || contacts != messages || int(p.UID) != messages || len(events(t, store)) != 2*messages {
			t.Errorf("round %d: %d safe, %d messages, %d bounces, %d contacts, %d events, cursor %d", round, safe, messages, bounces, contacts, len(events(t, store)), p.UID)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if safe == 0 {
		t.Error("nothing was ever recorded")
	}
}

// childSuppress suppresses each address it reads.
func childSuppress() {
	store, err := db.Open(context.Background(), os.Getenv("BOUNCEHOUND_DB_PATH"), db.Options{})
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, _, err := store.Suppress(context.Background(), lines.Text(), db.By{Who: "another process"}); err != nil {
			panic(err)
		}
	}
}

// TestWatch: the beginning wakes, and then commits, of this process and of another one.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	cmd := child(t, "suppress", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	woken, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- store.Watch(ctx, func() { woken <- struct{}{} }, func() {}) }()
	wait := func(what string) {
		t.Helper()
		select {
		case <-woken:
		case err := <-ended:
			t.Fatalf("watch has ended: %v", err)
		case <-time.After(time.Minute):
			t.Fatalf("%s did not wake", what)
		}
	}
	wait("that it has begun") // nobody can know what was committed just before
	if _, err := io.WriteString(in, "lena@example.com\n"); err != nil {
		t.Fatal(err)
	}
	for {
		wait("another process")
		c, ok, err := store.Contact(ctx, "lena@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if ok && c.By == "another process" {
			break
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	record(t, store, message(1, noon, failed("mia@example.com"), hard))
	wait("a commit of ours")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestLongRead: a read that is never finished holds up no write, and does not see
// what was written since.
func TestLongRead(t *testing.T) {
	store, _ := open(t)
	record(t, store, message(1, noon, failed("lena@example.com"), hard), message(2, noon, failed("mia@example.com"), hard))
	n := 0
	for b, err := range store.Bounces(t.Context(), db.BounceFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		record(t, store, message(10+n, noon, failed(b.Address), hard))
		if _, _, err := store.Release(t.Context(), b.Address, db.By{}); err != nil {
			t.Fatal(err)
		}
		contact(t, store, b.Address)
	}
	if n != 2 {
		t.Errorf("read %d bounces, want those that were there when it began", n)
	}
}

// TestTogether: everybody at once.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	second, _ := openAt(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const writers, each = 4, 25
	var writing, rest sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			s := []*db.DB{store, second}[w%2]
			for i := range each {
				n := w*each + i + 1
				b := db.Batch{Messages: []bouncehound.Judged{message(n, noon, failed("lena@example.com"), soft), message(1000+n, noon, failed(fmt.Sprintf("u%d@example.com", n)), hard)}}
				if _, err := s.Record(ctx, b, bouncehound.DefaultPolicy()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	forever := func(f func() error) {
		rest.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	forever(func() error { _, err := store.Sweep(ctx, bouncehound.DefaultPolicy(), nil); return err })
	forever(func() error { _, _, err := second.Suppress(ctx, "oda@example.com", db.By{}); return err })
	forever(func() error { _, _, err := store.Release(ctx, "oda@example.com", db.By{}); return err })
	run := 0
	forever(func() error {
		run++ // by rules that are always new and judge as ever
		judge := func(r bouncehound.Recipient) bouncehound.Verdict {
			v := hard
			if r.Address == "lena@example.com" {
				v = soft
			}
			v.Rule = fmt.Sprint("run/", run)
			return v
		}
		for d, err := range second.Rejudge(ctx, db.Rejudging{Judge: judge, Policy: bouncehound.DefaultPolicy(), Apply: true}) {
			if err != nil || d.Standing != d.Previous {
				return fmt.Errorf("%s: %s is %s, %w", d.Address, d.Previous, d.Standing, err)
			}
		}
		return nil
	})
	var cursor bouncehound.Cursor
	forever(func() error {
		found, upTo, err := second.Pending(ctx, cursor, every, 7)
		for i, e := range found {
			if e.Sequence != cursor.Sequence+int64(i)+1 {
				return fmt.Errorf("event %d follows %d", e.Sequence, cursor.Sequence+int64(i))
			}
		}
		cursor.Consumer, cursor.Sequence = "crm", max(upTo, cursor.Sequence)
		if err == nil {
			err = second.SaveCursor(ctx, cursor)
		}
		return err
	})
	rest.Go(func() {
		if err := store.Watch(ctx, func() {}, func() {}); err != nil {
			t.Error(err)
		}
	})
	writing.Wait()
	cancel()
	rest.Wait()
	if c := contact(t, store, "lena@example.com"); c.Bounces != writers*each || c.Standing != bouncehound.Watch {
		t.Errorf("contact %+v", c)
	}
	seen := map[string]bool{}
	for _, e := range events(t, store) {
		seen[e.ID] = true
		if strings.HasPrefix(e.Contact, "u") && e.Type == bouncehound.ContactDoNotEmail {
			seen[e.Contact] = true
		}
	}
	for n := range writers * each {
		if !seen[fmt.Sprintf("u%d@example.com", n+1)] {
			t.Errorf("nobody was told of u%d", n+1)
		}
	}
}
