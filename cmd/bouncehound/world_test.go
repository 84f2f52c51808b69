package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/poller/imaptest"
)

// A world is an IMAP server, a webhook endpoint, and a configuration for both.
type world struct {
	t        testing.TB
	server   *imaptest.Server
	receiver *testReceiver
	config   string // path
	store    string // path
}

// newWorld writes a configuration; more is added to its one mailbox's section.
func newWorld(t testing.TB, server *imaptest.Server, more string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, server: server, receiver: newTestReceiver(t), config: filepath.Join(dir, "bouncehound.toml"), store: filepath.Join(dir, "store.db")}
	text := fmt.Sprintf(`
[store]
path = %q
[[mailbox]]
name = "bounces"
host = %q
tls = "none"
username = %q
password = %q
%s
[[webhook]]
name = "crm"
url = "http://%s/hook"
secret = %q
start = "beginning"
events = ["bounce.recorded", "contact.watch", "contact.do_not_email", "contact.released", "contact.ok"]
`, w.store, server.Addr, imaptest.Username, imaptest.Password, more, w.receiver.address, w.receiver.secret)
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// program returns the command with the world's configuration.
func (w *world) program(stdout, stderr *strings.Builder) *program {
	return &program{stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, environ: []string{"BOUNCEHOUND_CONFIG=" + w.config, "USER=ada"}, now: time.Now}
}

// run runs a command line, which must end with an exit code, and returns what it
// printed.
func (w *world) run(code int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	var out, errs strings.Builder
	if got := w.program(&out, &errs).run(context.Background(), args); got != code {
		w.t.Fatalf("%s: exit %d, want %d\n%s%s", args, got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// append puts a file of testdata, or a literal message, into the inbox.
func (w *world) append(raw []byte) { w.server.Append("INBOX", raw, time.Now().Add(-time.Hour)) }

// open opens the store beside whoever uses it.
func (w *world) open() *db.DB {
	w.t.Helper()
	store, err := db.Open(context.Background(), w.store, db.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { store.Close() })
	return store
}

// bounces returns all bounces of the store, repeats left out.
func (w *world) bounces() (all []bouncehound.Bounce) {
	w.t.Helper()
	for b, err := range w.open().Bounces(context.Background(), db.BounceFilter{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// A testReceiver keeps what came, told apart by whether the signature was valid,
// and can be told to refuse.
type testReceiver struct {
	*demoReceiver
	mu     sync.Mutex
	events []received
	came   chan struct{} // one for each event
}

type received struct {
	ID, Type string
	Data     struct {
		Email, Standing, Recipient, Action, Reason string
	}
}

func newTestReceiver(t testing.TB) *testReceiver {
	t.Helper()
	r := &testReceiver{came: make(chan struct{}, 10_000)}
	demo, err := startDemoReceiver()
	if err != nil {
		t.Fatal(err)
	}
	demo.take = func(id string, body []byte) {
		var e received
		if err := json.Unmarshal(body, &e); err != nil {
			t.Error(err)
		}
		e.ID = id
		r.mu.Lock()
		r.events = append(r.events, e)
		r.mu.Unlock()
		r.came <- struct{}{}
	}
	r.demoReceiver = demo
	t.Cleanup(demo.close)
	return r
}

// all returns the events that came, in their order, and fails on a wrong signature.
func (r *testReceiver) all(t testing.TB) []received {
	t.Helper()
	if _, invalid := r.counts(); invalid != 0 {
		t.Errorf("%d webhooks with a wrong signature", invalid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.events...)
}

// await waits until n events have come in all.
func (r *testReceiver) await(t testing.TB, n int) []received {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		if all := r.all(t); len(all) >= n {
			return all
		}
		select {
		case <-r.came:
		case <-timeout:
			t.Fatalf("%d of %d webhooks came", len(r.all(t)), n)
		}
	}
}

// failedDSN is a report that a message to an address failed with a code and a text.
func failedDSN(id, address, status, diagnostic string) []byte {
	return fmt.Appendf(nil, "From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <%s@mx.example.net>\r\n"+
		"Date: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\r\n"+
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"+
		"Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%[1]s.news@example.org>\r\nSubject: News\r\nX-Contact-Id: 42\r\n\r\n--b--\r\n",
		id, time.Now().Add(-time.Hour).Format(time.RFC1123Z), address, status, diagnostic)
}

// unknownUser is a report that an address does not exist.
func unknownUser(id, address string) []byte {
	return failedDSN(id, address, "5.1.1", "550 5.1.1 User unknown")
}
