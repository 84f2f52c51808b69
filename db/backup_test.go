package db_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestBackup: what is copied while somebody writes is a store that holds each batch
// whole or not at all, and goes on as a store.
func TestBackup(t *testing.T) {
	store, _ := open(t)
	record(t, store, message(1, noon, failed("lena@example.com"), hard))
	stop := make(chan struct{})
	started := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 2; ; n += 2 {
			select {
			case <-stop:
				return
			default:
			}
			batch := db.Batch{Messages: []bouncehound.Judged{message(n, noon, failed("mia@example.com"), hard), message(n+1, noon, failed("noa@example.com"), hard)}}
			batch.UpTo = batch.Messages[1].Message.Place
			if _, err := store.Record(t.Context(), batch, bouncehound.DefaultPolicy()); err != nil {
				t.Error(err)
				return
			}
			if n == 2 {
				close(started)
			}
		}
	})
	<-started
	path := filepath.Join(t.TempDir(), "copy.db")
	size, err := store.Backup(t.Context(), path, false)
	close(stop)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != size {
		t.Errorf("%v, %v", info, err)
	}
	copied, _ := openAt(t, path)
	n := len(list(t, copied.Messages(t.Context(), db.MessageFilter{})))
	mia, noa := contact(t, copied, "mia@example.com"), contact(t, copied, "noa@example.com")
	at, err := copied.FolderCursor(t.Context(), "bounces", "INBOX")
	if n < 3 || mia.Bounces != noa.Bounces || n != 1+mia.Bounces+noa.Bounces || err != nil || at.UID != uint32(n) {
		t.Errorf("%d messages, %d and %d bounces, cursor %+v, %v", n, mia.Bounces, noa.Bounces, at, err)
	}
	if got := record(t, copied, message(1, noon, failed("lena@example.com"), hard), message(n+1, noon, failed("oda@example.com"), hard)); got[0].New || !got[1].New {
		t.Errorf("recorded %+v", got)
	}
	if c, err := copied.Inspect(t.Context()); err != nil || len(c.Problems) > 0 || !c.Shrinks || c.Size == 0 || c.Disk == 0 || c.Schema < 5 {
		t.Errorf("condition %+v, %v", c, err)
	}
}

// TestBackupReplaces nothing that it should not.
func TestBackupReplaces(t *testing.T) {
	dir := t.TempDir()
	store, _ := openAt(t, filepath.Join(dir, "test.db"))
	record(t, store, message(1, noon, failed("lena@example.com"), hard))
	path := filepath.Join(dir, "copy.db")
	if err := os.WriteFile(path, []byte("a letter"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Backup(t.Context(), path, false); !errors.Is(err, db.ErrExists) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "a letter" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := store.Backup(t.Context(), path, true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	other, _ := openAt(t, path)
	record(t, other, message(2, noon, failed("mia@example.com"), hard))
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink("test.db", link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "test.db"):      "the store itself",
		link:                               "the store itself",
		path:                               "in use",
		dir:                                "no regular file",
		filepath.Join(dir, "no", "x.db"):   "no such file",
		filepath.Join(dir, "copy.db", "x"): "not a directory",
	} {
		if _, err := store.Backup(t.Context(), path, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestBackupKilled: what a killed backup left is removed by one a day later, and nothing
// else.
func TestBackupKilled(t *testing.T) {
	store, _ := open(t)
	dir := t.TempDir()
	yesterday := time.Now().Add(-25 * time.Hour)
	for name, at := range map[string]time.Time{".bouncehound-1.tmp": yesterday, ".bouncehound-2.tmp": time.Now(), ".other-1.tmp": yesterday, "bouncehound-1.tmp": yesterday} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte("SQLite format 3"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Backup(t.Context(), filepath.Join(dir, "copy.db"), false); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".bouncehound-2.tmp", ".other-1.tmp", "bouncehound-1.tmp", "copy.db"}; !slices.Equal(names, want) {
		t.Errorf("left are %q, want %q", names, want)
	}
}

// TestInspect finds what is wrong with a store.
func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	for n := range 200 {
		record(t, store, message(n+1, noon, failed("lena@example.com"), hard))
	}
	if c, err := store.Inspect(t.Context()); err != nil || len(c.Problems) > 0 || c.Log == 0 {
		t.Errorf("condition %+v, %v", c, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := store.Inspect(t.Context()); err != nil || len(c.Problems) != 1 || c.Problems[0].Fix != "chmod 600 "+path {
		t.Errorf("condition %+v, %v", c, err)
	}
	var page, size int64
	if err := raw(t, path).QueryRow(`SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'bounces_key'`).Scan(&page, &size); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0x55}, int(size)), (page-1)*size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	damaged, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer damaged.Close()
	if c, err := damaged.Inspect(t.Context()); err != nil || len(c.Problems) < 2 || !strings.Contains(c.Problems[0].What, "damaged") {
		t.Errorf("condition %+v, %v", c, err)
	}
}
