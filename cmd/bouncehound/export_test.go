package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound/db"
)

// A listing is a store whose lists are exported.
type listing struct {
	*world
	dir string
}

func newListing(t *testing.T) *listing {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, config: filepath.Join(dir, "bouncehound.toml"), store: filepath.Join(dir, "store.db")}
	if err := os.WriteFile(w.config, fmt.Appendf(nil, "[store]\npath = %q\n", w.store), 0o600); err != nil {
		t.Fatal(err)
	}
	w.open()
	return &listing{w, dir}
}

func (l *listing) path(name string) string { return filepath.Join(l.dir, name) }

func (l *listing) read(name string) string {
	l.t.Helper()
	b, err := os.ReadFile(l.path(name))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

// emails returns the first two parts of what a list tells: "lena do_not_email".
func emails(list string) string {
	var all []string
	for i, row := range strings.Split(strings.TrimSpace(list), "\r\n") {
		if cells := strings.Split(row, ","); i > 0 {
			local, _, _ := strings.Cut(cells[0], "@")
			all = append(all, local+" "+cells[len(cells)-1])
		}
	}
	return strings.Join(all, ", ")
}

// TestExportCursor: the first export of a name holds everybody, the next only what
// changed, released contacts with their standing; names do not disturb one another.
func TestExportCursor(t *testing.T) {
	l := newListing(t)
	l.run(0, "suppress", "lena@example.com", "omar@example.com")
	export := func(want string, args ...string) {
		t.Helper()
		l.run(0, append([]string{"export", "--out", l.path("list.csv")}, args...)...)
		if got := emails(l.read("list.csv")); got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	export("lena do_not_email, omar do_not_email", "do-not-email", "--cursor", "crm")
	export("", "do-not-email", "--cursor", "crm")
	l.run(0, "release", "lena@example.com")
	l.run(0, "suppress", "new@example.com")
	export("lena ok, new do_not_email", "do-not-email", "--cursor", "crm")
	export("", "do-not-email", "--cursor", "crm")
	export("omar do_not_email, new do_not_email", "do-not-email", "--cursor", "other")
	export("lena ok, omar do_not_email, new do_not_email", "contacts", "--cursor", "crm")
	export("omar do_not_email, new do_not_email", "do-not-email")
	if hashed, _ := l.run(0, "export", "contacts", "--hashed"); strings.Contains(hashed, "@") || strings.Count(hashed, "\r\n") != 4 {
		t.Errorf("printed\n%s", hashed)
	}

	stdout, _ := l.run(0, "webhooks", "list", "--output", "json")
	if stdout != "" {
		t.Errorf("exports are listed as webhooks:\n%s", stdout)
	}
	_, stderr := l.run(2, "export", "do-not-email", "--cursor", "a/b")
	if !strings.Contains(stderr, "no name of a cursor") {
		t.Errorf("printed %s", stderr)
	}

	l.run(0, "release", "new@example.com")
	l.run(0, "suppress", "ann@example.com")
	stdout, stderr = l.run(0, "export", "do-not-email", "--shape", "ses", "--cursor", "crm")
	if stdout != "ann@example.com,BOUNCE\n" || !strings.Contains(stderr, "1 released contact left out") {
		t.Errorf("printed %q and %q", stdout, stderr)
	}
}

// TestExportCursorBounces: of bounces only those are written that are stored since.
func TestExportCursorBounces(t *testing.T) {
	l := newListing(t)
	for i, want := range []string{"lena", "omar", ""} {
		if want != "" {
			file := l.path(want + ".eml")
			if err := os.WriteFile(file, unknownUser(want, want+"@example.com"), 0o600); err != nil {
				t.Fatal(err)
			}
			l.run(0, "import", file)
		}
		stdout, _ := l.run(0, "export", "bounces", "--cursor", "crm", "--output", "json")
		if n := strings.Count(stdout, "\n"); (n == 1) != (want != "") || want != "" && !strings.Contains(stdout, `"recipient":"`+want+"@") {
			t.Errorf("export %d:\n%s", i+1, stdout)
		}
	}
}

// TestExportKilledBeforeCommit: a process that is killed when its file is in place and
// its cursor not yet moved has lost nothing: the next export of that name writes the
// same, to the byte, whatever happened since, and the one after that goes on.
func TestExportKilledBeforeCommit(t *testing.T) {
	l := newListing(t)
	l.run(0, "suppress", "lena@example.com", "omar@example.com", "--note", "first")
	l.fill(100_000) // what takes a while to be written
	handle, err := sql.Open("sqlite3", "file:"+l.store+"?_txlock=immediate&_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	held, err := handle.Begin() // nobody can commit
	if err != nil {
		t.Fatal(err)
	}
	d := l.start("export", "do-not-email", "--cursor", "crm", "--out", l.path("killed.csv"))
	appears(t, l.path("killed.csv"))
	d.signal(syscall.SIGKILL)
	if err := <-d.ended; err == nil {
		t.Fatal("it was done before it could be killed")
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	killed := l.read("killed.csv")
	if !strings.HasPrefix(emails(killed), "lena do_not_email, omar do_not_email, u1 do_not_email") || strings.Count(killed, "\r\n") != 100_003 {
		t.Fatalf("it had written %.200q", killed)
	}

	l.run(0, "release", "lena@example.com")
	l.run(0, "suppress", "new@example.com")
	_, stderr := l.run(0, "export", "do-not-email", "--cursor", "crm", "--out", l.path("again.csv"))
	if again := l.read("again.csv"); again != killed || !strings.Contains(stderr, "written again") {
		t.Errorf("the next export wrote %d octets, not the same %d: %s", len(again), len(killed), stderr)
	}
	l.run(0, "export", "do-not-email", "--cursor", "crm", "--out", l.path("then.csv"))
	if got := emails(l.read("then.csv")); got != "lena ok, new do_not_email" {
		t.Errorf("then came %q", got)
	}
	l.run(0, "export", "do-not-email", "--cursor", "crm", "--out", l.path("then.csv"))
	if got := emails(l.read("then.csv")); got != "" {
		t.Errorf("and at last %q", got)
	}
	left, err := filepath.Glob(l.store + ".exports/*")
	if err != nil || len(left) != 1 || !strings.HasSuffix(left[0], ".lock") {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestExportAskedOtherwise: rows that were broken off are written in the form that is
// asked for now.
func TestExportAskedOtherwise(t *testing.T) {
	l := newListing(t)
	l.run(0, "suppress", "lena@example.com")
	l.run(1, "export", "do-not-email", "--cursor", "crm", "--out", l.path("none/list.csv"))
	stdout, _ := l.run(0, "export", "do-not-email", "--cursor", "crm", "--shape", "sendgrid")
	if stdout != "email\nlena@example.com\n" {
		t.Errorf("printed %q", stdout)
	}
}

// TestExportKilledWhileWriting: killed in the middle of a long list, an export leaves
// the file it was to replace as it was.
func TestExportKilledWhileWriting(t *testing.T) {
	l := newListing(t)
	l.fill(200_000)
	list := l.path("out/list.csv")
	if err := os.Mkdir(filepath.Dir(list), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := l.start("export", "do-not-email", "--out", list)
	appears(t, filepath.Join(filepath.Dir(list), ".bouncehound-*.tmp"))
	d.signal(syscall.SIGKILL)
	err := <-d.ended
	got := l.read("out/list.csv")
	if err == nil {
		t.Skip("it was done before it could be killed")
	}
	if got != "as it was" && strings.Count(got, "\r\n") != 200_001 {
		t.Errorf("%d octets were left in its place", len(got))
	}
	l.run(0, "export", "do-not-email", "--out", list)
	if rows := strings.Count(l.read("out/list.csv"), "\r\n"); rows != 200_001 {
		t.Errorf("%d rows", rows)
	}
}

// fill puts n contacts that stand at do_not_email straight into the store's file.
func (l *listing) fill(n int) {
	l.t.Helper()
	handle, err := sql.Open("sqlite3", l.store)
	if err != nil {
		l.t.Fatal(err)
	}
	defer handle.Close()
	if _, err := handle.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO contacts (key, email, domain, standing) SELECT 'u' || i || '@example.com', 'u' || i || '@example.com', 'example.com', 'do_not_email' FROM n`, n); err != nil {
		l.t.Fatal(err)
	}
}

// appears waits until a file of a pattern is there.
func appears(t *testing.T, pattern string) {
	t.Helper()
	tick, timeout := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for {
		if found, err := filepath.Glob(pattern); err != nil || len(found) > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("%s did not appear", pattern)
		}
	}
}

// TestExportTwiceAtATime: what is new at one time of the clock, which was set back since,
// does not take the place of what was new then.
func TestExportTwiceAtATime(t *testing.T) {
	l := newListing(t)
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l.add("[[export]]\nwhat = \"do-not-email\"\nschedule = \"@hourly\"\npath = %q\ncursor = \"crm\"\n", l.path("changes-{time}.csv"))
	var out, errs strings.Builder
	p := l.program(&out, &errs)
	p.now = func() time.Time { return noon }
	s, err := p.storeSettings()
	if err != nil {
		t.Fatal(err)
	}
	store := l.open()
	for i, name := range []string{"lena", "omar", "mia"} {
		l.run(0, "suppress", name+"@example.com")
		p.exportScheduled(t.Context(), s.Exports[0], s, store, p.logger(s.Log), newPulse())
		file := fmt.Sprintf("changes-20261121T12000%dZ.csv", i)
		if got := emails(l.read(file)); got != name+" do_not_email" {
			t.Errorf("%s holds %q\n%s", file, got, errs.String())
		}
	}
}

// TestRunExports: the daemon writes an export whose file is missing at once, and one
// of a cursor on its schedule, to a file of its own.
func TestRunExports(t *testing.T) {
	l := newListing(t)
	if err := os.WriteFile(l.config, fmt.Appendf(nil, `
[store]
path = %q
[[mailbox]]
name = "bounces"
host = "127.0.0.1:1"
tls = "none"
username = "u"
password = "p"
[[export]]
what = "do-not-email"
schedule = "@yearly"
path = "list.csv"
[[export]]
what = "do-not-email"
schedule = "@every 1s"
path = "changes-{time}.csv"
cursor = "crm"
`, l.store), 0o600); err != nil {
		t.Fatal(err)
	}
	l.run(0, "suppress", "lena@example.com")
	d := l.start("run")
	d.await("list.csv", "changes-")
	l.run(0, "suppress", "omar@example.com")
	d.await("changes-")
	d.stop()
	if got := emails(l.read("list.csv")); got != "lena do_not_email" {
		t.Errorf("the list holds %q", got)
	}
	files, err := filepath.Glob(l.path("changes-*Z.csv"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v\n%s", files, err, d.log())
	}
	for i, want := range []string{"lena do_not_email", "omar do_not_email"} {
		if got := emails(l.read(filepath.Base(files[i]))); got != want {
			t.Errorf("file %d holds %q, want %q", i+1, got, want)
		}
	}

	store := l.open()
	if _, ok, err := store.ExportCursor(context.Background(), "do-not-email", "crm"); !ok || err != nil {
		t.Errorf("no cursor: %v", err)
	}
	cursors, err := store.Cursors(context.Background())
	if err != nil || len(cursors) != 1 || !db.IsExport(cursors[0].Consumer) {
		t.Errorf("cursors %+v, %v: events must be kept for it", cursors, err)
	}
}
