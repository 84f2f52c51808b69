package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/poller/imaptest"
)

// letter is mail that is no bounce.
const letter = "From: ada@example.com\r\nSubject: Hello\r\nMessage-ID: <letter@example.com>\r\n\r\nHello\r\n"

// TestPoll takes a bounce from an inbox to the store, the webhook and the CSV, and
// leaves the inbox as it was.
func TestPoll(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.capture]\nheaders = [\"X-Contact-Id\"]")
	w.append(unknownUser("1", "lena@example.com"))
	w.append([]byte(letter))
	w.append(failedDSN("2", "omar@example.net", "5.2.2", "552 5.2.2 Mailbox full"))
	before := w.server.List("INBOX")
	for range 2 { // the second poll finds nothing new
		w.run(0, "poll")
		bounces := w.bounces()
		if len(bounces) != 2 || bounces[0].Address != "lena@example.com" || bounces[0].Reason != bouncehound.UserUnknown || bounces[1].Reason != bouncehound.MailboxFull {
			t.Fatalf("bounces %+v", bounces)
		}
		if got := bounces[0].Original.Headers["X-Contact-Id"]; got != "42" {
			t.Errorf("captured %q", got)
		}
		var types []string
		for _, e := range w.receiver.all(t) {
			types = append(types, e.Type+" "+e.Data.Email+e.Data.Recipient)
		}
		want := []string{
			"bounce.recorded lena@example.com", "contact.do_not_email lena@example.com",
			"bounce.recorded omar@example.net", "contact.watch omar@example.net",
		}
		if !slices.Equal(types, want) {
			t.Errorf("webhooks %q, want %q", types, want)
		}
		stdout, _ := w.run(0, "export", "do-not-email")
		if !strings.Contains(stdout, "\nlena@example.com,user_unknown,hard,5.1.1,") || strings.Count(stdout, "\n") != 2 {
			t.Errorf("export\n%s", stdout)
		}
		if after := w.server.List("INBOX"); !slices.EqualFunc(before, after, sameMail) {
			t.Errorf("inbox before\n%v\nafter\n%v", before, after)
		}
	}
}

func sameMail(a, b imaptest.Mail) bool {
	return a.UID == b.UID && slices.Equal(a.Flags, b.Flags) && bytes.Equal(a.Raw, b.Raw)
}

// TestPollTidies moves what was understood and leaves the rest.
func TestPollTidies(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nafter = \"move\"\nmove_to = \"Done\"\nunread = \"move\"\nunread_to = \"Unread\"")
	w.append(unknownUser("1", "lena@example.com"))
	w.append([]byte(letter))
	w.append([]byte("Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\nSubject: x\r\n\r\n?\r\n"))
	w.append(unknownUser("1", "lena@example.com")) // a second copy is tidied up too
	w.run(0, "poll")
	for folder, want := range map[string]int{"INBOX": 1, "Done": 2, "Unread": 1} {
		if got := w.server.List(folder); len(got) != want {
			t.Errorf("%s holds %d messages, want %d", folder, len(got), want)
		}
	}
	if left := w.server.List("INBOX"); len(left) != 1 || !bytes.Contains(left[0].Raw, []byte("letter@example.com")) || len(left[0].Flags) != 0 {
		t.Errorf("left in the inbox: %v", left)
	}
	if bounces := w.bounces(); len(bounces) != 1 {
		t.Errorf("%d bounces", len(bounces))
	}
	stdout, _ := w.run(0, "messages", "--unread")
	if strings.Count(stdout, "\n") != 2 {
		t.Errorf("unread:\n%s", stdout)
	}
}

// TestPollDryRun prints and touches nothing.
func TestPollDryRun(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nafter = \"delete\"")
	w.append(unknownUser("1", "lena@example.com"))
	stdout, _ := w.run(0, "poll", "--dry-run")
	if !strings.Contains(stdout, "lena@example.com") || !strings.Contains(stdout, "user_unknown") {
		t.Errorf("printed\n%s", stdout)
	}
	if stdout, _ = w.run(0, "poll", "--dry-run", "--output", "json"); !strings.HasPrefix(stdout, `{"source":"bounces/INBOX;UID=1","format":"dsn",`) || strings.Count(stdout, "\n") != 1 {
		t.Errorf("printed\n%s", stdout)
	}
	if stdout, _ = w.run(0, "poll", "--dry-run", "--output", "csv"); !strings.HasPrefix(stdout, "source,") || strings.Count(stdout, "\n") != 2 {
		t.Errorf("printed\n%s", stdout)
	}
	if len(w.server.List("INBOX")) != 1 || len(w.receiver.all(t)) != 0 {
		t.Error("the inbox or the endpoint was touched")
	}
	if _, err := os.Stat(w.store); err == nil {
		t.Error("a store was made")
	}
}

// TestPollLock: one poller at a time, and the other says who.
func TestPollLock(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	held, err := takeLock(t.Context(), w.store, false)
	if err != nil {
		t.Fatal(err)
	}
	_, stderr := w.run(1, "poll")
	if !strings.Contains(stderr, fmt.Sprintf("process %d holds", os.Getpid())) || !strings.Contains(stderr, "hint: ") {
		t.Errorf("printed\n%s", stderr)
	}
	waited := make(chan string)
	go func() {
		var out, errs strings.Builder
		code := w.program(&out, &errs).run(t.Context(), []string{"poll", "--wait"})
		waited <- fmt.Sprint(code, errs.String())
	}()
	held.release()
	if got := <-waited; !strings.HasPrefix(got, "0") {
		t.Errorf("poll --wait: %s", got)
	}
	if len(w.bounces()) != 1 {
		t.Error("the poll that waited did not poll")
	}
	if held, err = takeLock(t.Context(), w.store, false); err != nil {
		t.Fatal(err)
	}
	defer held.release()
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(w.store, link); err != nil {
		t.Fatal(err)
	}
	if _, stderr := w.run(1, "poll", "--store", link); !strings.Contains(stderr, "another poller") {
		t.Errorf("by a link to the store:\n%s", stderr)
	}
}

// TestPollBesideLongRead: a long read of the store does not hold up a poll, and the other
// verbs work beside it.
func TestPollBesideLongRead(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	for i := range 20 {
		w.append(unknownUser(fmt.Sprint(i), fmt.Sprintf("u%d@example.com", i)))
	}
	w.run(0, "poll")
	n := 0
	for _, err := range w.open().Bounces(t.Context(), db.BounceFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 { // in the middle of the read
			w.append(unknownUser("late", "late@example.com"))
			w.run(0, "poll")
			w.run(0, "release", "u7@example.com")
		}
	}
	if n != 20 || len(w.bounces()) != 21 {
		t.Errorf("read %d of 20, then %d of 21", n, len(w.bounces()))
	}
}

// TestPollBadInput: what goes wrong is told with what to do, nothing is lost, and
// the next good poll records all.
func TestPollBadInput(t *testing.T) {
	plain := imaptest.Memory(t)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	for name, c := range map[string]struct{ old, new, want string }{
		"wrong password":                      {`password = "correct horse"`, `password = "wrong battery"`, "login"},
		"nobody listens":                      {plain.Addr, dead.Addr().String(), "connect"},
		"no such host":                        {plain.Addr, "imap.invalid:993\"\n# \"", "imap.invalid"},
		"tls to a plain port":                 {`tls = "none"`, `tls = "implicit"`, "tls"},
		"certificate of no one":               {plain.Addr + "\"\ntls = \"none\"", plain.TLSAddr + "\"\ntls = \"implicit\"", "certificate"},
		"a folder that is not there":          {"[[webhook]]", "[mailbox.poll]\nfolders = [\"Bouncess\"]\n[[webhook]]", "Bouncess"},
		"an unreadable ca file":               {`tls = "none"`, "ca_file = \"/nonexistent/ca.pem\"", "/nonexistent/ca.pem"},
		"no secret where the file should be":  {`password = "correct horse"`, `password_file = "/nonexistent/password"`, "/nonexistent/password"},
		"a webhook secret that is none":       {"whsec_", "nosec_", "secret"},
		"a command for the secret that fails": {`password = "correct horse"`, `password_command = ["false"]`, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plain, "")
			good, err := os.ReadFile(w.config)
			if err != nil {
				t.Fatal(err)
			}
			bad := strings.Replace(string(good), c.old, c.new, 1)
			if name == "no such host" {
				bad = strings.Replace(bad, `tls = "none"`, `tls = "implicit"`, 1)
			}
			if bad == string(good) {
				t.Fatal("the configuration did not change")
			}
			if err := os.WriteFile(w.config, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs strings.Builder
			if code := w.program(&out, &errs).run(t.Context(), []string{"poll"}); code == 0 {
				t.Errorf("exit 0: %s", errs.String())
			}
			if !strings.Contains(errs.String(), "error: ") || !strings.Contains(strings.ToLower(errs.String()), strings.ToLower(c.want)) {
				t.Errorf("printed\n%s", errs.String())
			}
			if strings.Contains(errs.String(), "battery") || strings.Contains(errs.String(), "correct horse") {
				t.Errorf("a secret shows\n%s", errs.String())
			}
		})
	}
}

// TestPollEndpointDown: events wait for an endpoint that is down.
func TestPollEndpointDown(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	w.receiver.close()
	_, stderr := w.run(1, "poll")
	if !strings.Contains(stderr, "crm") {
		t.Errorf("printed\n%s", stderr)
	}
	stdout, _ := w.run(0, "webhooks", "list", "--output", "json")
	if !strings.Contains(stdout, `"lag":2`) || !strings.Contains(stdout, `"attempts":1`) {
		t.Errorf("printed\n%s", stdout)
	}
	if len(w.bounces()) != 1 {
		t.Error("the bounce was not stored")
	}
}

// TestPollHostileMail: random bytes, a huge message, one nested deep; none of them
// is in the way of the bounce that follows.
func TestPollHostileMail(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	noise := make([]byte, 100_000)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	// Behind a header: of what it can make none of, the server hands over nothing.
	w.append(append([]byte("Subject: noise\r\n\r\n"), noise...))
	huge := append(failedDSN("huge", "huge@example.com", "5.1.1", "550 5.1.1 User unknown"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n"), 50<<20/64)...)
	w.append(huge)
	var deep bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n", i)
	}
	deep.WriteString("Content-Type: text/plain\r\n\r\nHello\r\n")
	w.append(deep.Bytes())
	w.append(unknownUser("1", "lena@example.com"))
	before := w.server.List("INBOX")
	w.run(0, "poll")
	var addresses []string
	for _, b := range w.bounces() {
		addresses = append(addresses, b.Address)
	}
	if want := []string{"huge@example.com", "lena@example.com"}; !slices.Equal(addresses, want) {
		t.Errorf("bounces of %q, want %q", addresses, want)
	}
	stdout, _ := w.run(0, "messages", "--output", "json")
	if strings.Count(stdout, `"id":`) != 4 || !strings.Contains(stdout, "over the size limit") {
		t.Errorf("messages\n%s", stdout)
	}
	if after := w.server.List("INBOX"); !slices.EqualFunc(before, after, sameMail) {
		t.Error("the inbox changed")
	}
}

// TestPollSince leaves older mail alone.
func TestPollSince(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nsince = \"30d\"")
	w.server.Append("INBOX", unknownUser("old", "old@example.com"), time.Now().AddDate(0, 0, -60))
	w.server.Append("INBOX", unknownUser("new", "new@example.com"), time.Now().AddDate(0, 0, -1))
	w.run(0, "poll")
	if bounces := w.bounces(); len(bounces) != 1 || bounces[0].Address != "new@example.com" {
		t.Errorf("bounces %+v", bounces)
	}
}

// TestPollNewerStore refuses a store that a newer version has written.
func TestPollNewerStore(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.run(0, "poll")
	store, err := sql.Open("sqlite3", w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	_, stderr := w.run(1, "poll")
	if !strings.Contains(stderr, "9999") || !strings.Contains(stderr, "hint: a newer bouncehound has used this store") {
		t.Errorf("printed\n%s", stderr)
	}
}
