package db_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestMain lets the test binary be the other process of a test.
func TestMain(m *testing.M) {
	switch os.Getenv("BOUNCEHOUND_DB_CHILD") {
	case "":
		os.Exit(m.Run())
	case "open":
		childOpen()
	case "record":
		childRecord()
	case "suppress":
		childSuppress()
	case "rejudge":
		childRejudge()
	}
}

// child starts the test binary as another process.
func child(t *testing.T, what, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "BOUNCEHOUND_DB_CHILD="+what, "BOUNCEHOUND_DB_PATH="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// raw opens a database without package db.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	conn, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn *sql.DB, query string) {
	t.Helper()
	if _, err := conn.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    string
		is      error
	}{
		{"another file", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("This is a letter, no database.\n", 50)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a SQLite database", nil},
		{"another program's database", func(t *testing.T, path string) {
			run(t, raw(t, path), `CREATE TABLE bookmarks (url TEXT)`)
		}, "database of another program", nil},
		{"another program's application_id", func(t *testing.T, path string) {
			run(t, raw(t, path), `PRAGMA application_id = 7`)
		}, "database of another program", nil},
		{"a newer schema", func(t *testing.T, path string) {
			openAt(t, path)
			run(t, raw(t, path), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
		}, "version 9999, this program knows ", db.ErrNewerSchema},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "is a directory", nil},
		{"no folder", func(t *testing.T, path string) {
			if err := os.Remove(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, "no such file or directory", fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sub", "test.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			c.prepare(t, path)
			store, err := db.Open(t.Context(), path, db.Options{})
			if err == nil {
				store.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}

// TestOpenUnreadable runs as a user who may not read the file.
func TestOpenUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "bouncehound")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "test.db")
	store, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0, 0o400} {
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		cmd := child(t, "open", path)
		if os.Getuid() == 0 { // whom modes do not hold up
			copied := filepath.Join(dir, "db.test")
			binary, err := os.ReadFile(os.Args[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied, binary, 0o755); err != nil {
				t.Fatal(err)
			}
			cmd.Path, cmd.Dir = copied, dir
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := "open store " + path + ": permission denied"; string(out) != want {
			t.Errorf("mode %o: %q, want %q", mode, out, want)
		}
	}
}

func childOpen() {
	if _, err := db.Open(context.Background(), os.Getenv("BOUNCEHOUND_DB_PATH"), db.Options{}); err != nil {
		os.Stdout.WriteString(err.Error())
	}
}

// TestPath: names that mean something else in a URI, and who may read the files.
func TestPath(t *testing.T) {
	for _, name := range []string{"plain.db", "a b.db", "what?mode=ro&x=1.db", "100%25.db", "#1.db", "ä;=+:@.db", "file:x.db", "%00.db"} {
		path := filepath.Join(t.TempDir(), "d?r #%41", name)
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		store, _ := openAt(t, path)
		record(t, store, message(1, noon, failed("lena@example.com"), hard))
		contact(t, store, "lena@example.com")
		files, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			info, err := f.Info()
			if err != nil || !strings.HasPrefix(f.Name(), name) || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s %s, %v", name, f.Name(), info.Mode(), err)
			}
		}
	}
	t.Chdir(t.TempDir())
	store, _ := openAt(t, "relative.db")
	record(t, store, message(1, noon, failed("lena@example.com"), hard))
	if _, err := os.Stat("relative.db"); err != nil {
		t.Error(err)
	}
}

// TestOpenTogether: many who create the same store at once all get it.
func TestOpenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			store, err := db.Open(t.Context(), path, db.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer store.Close()
			batch := db.Batch{Messages: []bouncehound.Judged{message(n+1, noon, failed("lena@example.com"), hard)}}
			if _, err := store.Record(t.Context(), batch, bouncehound.DefaultPolicy()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	store, _ := openAt(t, path)
	if c := contact(t, store, "lena@example.com"); c.Bounces != 8 {
		t.Errorf("contact %+v", c)
	}
}

// TestOpenBesideWriter: whoever only reads waits at no time for another process's writing.
func TestOpenBesideWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	record(t, first, message(1, noon, failed("lena@example.com"), hard))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	writer, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := writer.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	second, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		t.Fatal("while another process writes:", err)
	}
	defer second.Close()
	if c, known, err := second.Contact(ctx, "lena@example.com"); err != nil || !known || c.Standing != bouncehound.DoNotEmail {
		t.Errorf("%+v %v %v", c, known, err)
	}
}

// TestReopen: what was recorded is there the next time.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	record(t, first, message(1, noon, failed("lena@example.com"), hard))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, _ := openAt(t, path)
	if got := record(t, second, message(1, noon, failed("lena@example.com"), hard))[0]; got.New {
		t.Error("recorded again as new")
	}
	if n := len(events(t, second)); n != 2 {
		t.Errorf("%d events", n)
	}
}

// TestDiskFull: a store that cannot grow says so, keeps what it has, and goes on
// when there is room again.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	record(t, store, message(1, noon, failed("lena@example.com"), hard))
	if err := db.SetMaxPages(store, 1); err != nil {
		t.Fatal(err)
	}
	var many []bouncehound.Judged
	for n := 2; n < 300; n++ {
		many = append(many, message(n, noon, failed("mia@example.com"), hard))
	}
	_, err := store.Record(t.Context(), db.Batch{Messages: many}, bouncehound.DefaultPolicy())
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("error %v", err)
	}
	if all := list(t, store.Messages(t.Context(), db.MessageFilter{})); len(all) != 1 {
		t.Errorf("%d messages are kept of a batch that failed", len(all)-1)
	}
	if err := db.SetMaxPages(store, 1<<30); err != nil {
		t.Fatal(err)
	}
	record(t, store, many...)
	if c := contact(t, store, "mia@example.com"); c.Bounces != len(many) {
		t.Errorf("contact %+v", c)
	}
}
