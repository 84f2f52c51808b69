package main

import (
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller/imaptest"
)

// checked runs check and returns what it found, "part step" → "good" or "bad: found
// (hint)".
func (w *world) checked(code int) map[string]string {
	w.t.Helper()
	stdout, _ := w.run(code, "check", "--output", "json")
	all := map[string]string{}
	for line := range strings.Lines(stdout) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		text := f.State
		if f.State == "bad" {
			text += ": " + f.Found + " (" + f.Hint + ")"
		}
		all[strings.TrimSpace(f.Part+" "+f.Step)] = text
	}
	return all
}

func (w *world) add(text string, args ...any) {
	w.t.Helper()
	f, err := os.OpenFile(w.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(f, text, args...)
	if err := f.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// TestCheck: where all is well everything is green, before the first poll and after it,
// and beside the daemon.
func TestCheck(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.add("[[export]]\nwhat = \"do-not-email\"\nschedule = \"@daily\"\npath = %q\n[listen]\naddress = %q\n", filepath.Join(t.TempDir(), "list.csv"), freePort(t))
	parts := []string{"configuration", "store", "clock", "mailbox resolve", "mailbox connect", "mailbox tls", "mailbox login", "mailbox select INBOX", "webhook", "export", "listen"}
	good := func(more ...string) {
		t.Helper()
		got := w.checked(0)
		for _, part := range append(more, parts...) {
			if got[part] != "good" {
				t.Errorf("%s: %q", part, got[part])
			}
		}
	}
	good()
	if _, err := os.Stat(w.store); err == nil {
		t.Error("check made the store")
	}
	w.run(0, "poll")
	good("store poller")
	d := w.start("run")
	d.await("polled")
	good("secret password", "secret secret")
	if stdout, _ := w.run(0, "check"); !strings.Contains(stdout, fmt.Sprintf("poller: process %d polls", d.cmd.Process.Pid)) || strings.Contains(stdout, imaptest.Password) || strings.Contains(stdout, w.receiver.secret[6:]) {
		t.Errorf("beside the daemon\n%s", stdout)
	}
	d.stop()
	stdout, _ := w.run(0, "check")
	if !strings.Contains(stdout, "good  mailbox bounces login: logged in as ") || strings.Contains(stdout, "BAD") || strings.Contains(stdout, "\x1b") {
		t.Errorf("printed\n%s", stdout)
	}
}

// TestCheckFinds: what is wrong is red, with what to do, and does not hide the rest.
func TestCheckFinds(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nfolders = [\"Bounces\"]\n")
	w.open()
	if err := os.Chmod(w.store, 0o644); err != nil {
		t.Fatal(err)
	}
	late := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		rw.WriteHeader(http.StatusInternalServerError)
	}))
	defer late.Close()
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "http://"+w.receiver.address, late.URL, 1)
	if err := os.WriteFile(w.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	w.add("[[export]]\nwhat = \"do-not-email\"\nschedule = \"@daily\"\npath = \"/nowhere/list.csv\"\n")
	got := w.checked(1)
	for part, want := range map[string]string{
		"store":                  "(mode 0644) (chmod 600 ",
		"store poller":           "good",
		"mailbox login":          "good",
		"mailbox select Bounces": "no such folder (there are: INBOX",
		"clock":                  "(set the clock",
		"webhook":                "500",
		"export":                 "no such file or directory (make the folder",
	} {
		if !strings.Contains(got[part], want) {
			t.Errorf("%s: %q, want %q", part, got[part], want)
		}
	}
	stdout, stderr := w.run(1, "check")
	if !strings.Contains(stdout, "BAD   store ") || !strings.Contains(stdout, "      hint: chmod 600 ") || !strings.Contains(stderr, "error: 5 of ") {
		t.Errorf("printed\n%s%s", stdout, stderr)
	}
	stdout, _ = w.run(1, "check", "--output", "csv")
	if !strings.HasPrefix(stdout, "state,part,name,step,found,hint\r\ngood,configuration,") {
		t.Errorf("printed\n%s", stdout)
	}
}

// TestCheckConfiguration: problems of the configuration are found too, as JSON, and end
// it.
func TestCheckConfiguration(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.add("[nonsense]\n[lissten]\naddress = \"x\"\n")
	got := w.checked(2)
	if !strings.Contains(got["configuration"], "unknown key (did you mean listen?)") {
		t.Errorf("found %q", got)
	}
}

// TestCheckTooLong: what never answers does not hold up the rest.
func TestCheckTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		began := time.Now()
		_, err := within(t.Context(), fileTime, func(context.Context) (int, error) { <-release; return 1, nil })
		if !errors.Is(err, errTooLong) || time.Since(began) != fileTime {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if n, err := within(t.Context(), fileTime, func(context.Context) (int, error) { return 2, nil }); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
	for range 10_000 { // what heeds its context may be heard before the end of its time is
		_, err := within(t.Context(), 0, func(ctx context.Context) (int, error) { return 0, fmt.Errorf("open store: %w", ctx.Err()) })
		if !errors.Is(err, errTooLong) {
			t.Fatal(err)
		}
	}
	w := newWorld(t, imaptest.Memory(t), "")
	w.open()
	var out, errs strings.Builder
	p := w.program(&out, &errs)
	s, err := p.settings()
	if err != nil {
		t.Fatal(err)
	}
	c := checking{ctx: t.Context(), p: p, settings: s}
	c.store() // no time at all
	if c.bad != 1 || !strings.Contains(out.String(), "not done in time") || !strings.Contains(out.String(), "good  clock") {
		t.Errorf("printed\n%s", out.String())
	}
}

// TestCheckBroken: a setup that is broken in one way or another is red in that part, with
// what to do about it.
func TestCheckBroken(t *testing.T) {
	dir := t.TempDir()
	newer := filepath.Join(dir, "newer.db")
	w := newWorld(t, imaptest.Memory(t), "")
	w.open()
	raw, err := sql.Open("sqlite3", w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("VACUUM INTO ?", newer); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", newer)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(newer, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = secure.Config.ErrorLog
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	hook := "http://" + w.receiver.address
	for _, c := range []struct{ name, from, to, part, want string }{
		{"no folder", w.store, "/nowhere/store.db", "store", "make a file in /nowhere: no such file or directory (make the folder"},
		{"a folder", w.store, dir, "store", "(store.path names a file"},
		{"newer", w.store, newer, "store", "(install the version that wrote it"},
		{"no database", w.store, w.config, "store", "(if the file is damaged"},
		{"webhook: nobody there", hook, "http://127.0.0.1:1", "webhook", "(nothing listens there"},
		{"webhook: certificate", hook, secure.URL, "webhook", "signed by an authority that this machine trusts"},
		{"webhook: old TLS", hook, old.URL, "webhook", "(the endpoint must speak TLS 1.2"},
		{"imap: nobody there", w.server.Addr, "127.0.0.1:1", "mailbox connect", "(nothing listens there"},
		{"imap: password", imaptest.Password, "wrong", "mailbox login", "(check username and password"},
		{"imap: no folder", "[[webhook]]", "[mailbox.poll]\nfolders = [\"Nowhere\"]\n[[webhook]]", "mailbox select Nowhere", "(there are: INBOX"},
	} {
		changed := strings.Replace(string(text), c.from, c.to, 1)
		if err := os.WriteFile(w.config, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := w.checked(1); !strings.HasPrefix(got[c.part], "bad: ") || !strings.Contains(got[c.part], c.want) {
			t.Errorf("%s: %q in %v", c.name, got[c.part], got)
		}
	}
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(w.config, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := w.checked(1)["secret"]; !strings.HasSuffix(got, "(mode 0644) (chmod 640 "+w.config+")") {
		t.Errorf("others can read the configuration: %q", got)
	}
}

// TestCheckDamaged: a store that is damaged is red.
func TestCheckDamaged(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	for i := range 40 {
		w.append(unknownUser(fmt.Sprint(i), fmt.Sprintf("u%d@example.com", i)))
	}
	w.run(0, "poll")
	f, err := os.OpenFile(w.store, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for page := int64(8); page < info.Size()/4096; page++ {
		if _, err := f.WriteAt([]byte(strings.Repeat("\xa5", 100)), page*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got := w.checked(1)
	if found := got["store"]; !strings.Contains(found, "damaged") || !strings.Contains(found, "restore the latest backup") {
		t.Errorf("found %q", got)
	}
}

// TestCheckSecrets: a secret that others can read, or nobody, is red; what systemd gives
// is told to need a restart.
func TestCheckSecrets(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	path := filepath.Join(filepath.Dir(w.config), "pw")
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), fmt.Sprintf("password = %q", imaptest.Password), `password_file = "pw"`, 1))
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := w.checked(1)["secret password"]; !strings.Contains(got, "no such file") || !strings.Contains(got, "LoadCredential=") {
		t.Errorf("without a file: %q", got)
	}
	if err := os.WriteFile(path, []byte(imaptest.Password), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := w.checked(1)["secret password"]; !strings.HasSuffix(got, "/pw (mode 0644) (chmod 640 "+path+")") {
		t.Errorf("open to others: %q", got)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if got := w.checked(0); got["secret password"] != "good" || got["mailbox login"] != "good" {
		t.Errorf("closed: %q", got)
	}
	var out, errs strings.Builder
	p := w.program(&out, &errs)
	p.environ = append(p.environ, "CREDENTIALS_DIRECTORY="+filepath.Dir(path))
	if code := p.run(t.Context(), []string{"check"}); code != 0 || !strings.Contains(out.String(), "/pw is a credential from systemd: after changing it, restart") {
		t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
	}
}
