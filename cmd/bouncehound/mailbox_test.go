package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"bouncehound/db"
	"bouncehound/poller/imaptest"
)

// maxResident is what the process may hold in memory at its peak, whatever the mailbox.
const maxResident = 64 << 20

// templates are all messages of testdata that are not far larger than most mail.
func templates(t testing.TB) (all [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/*/*.eml")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) <= 64<<10 {
			all = append(all, raw)
		}
	}
	return all
}

// varied returns the nth of many messages of which no two are alike: one of the
// templates, or a report about an address of its own that returns a letter of some KB.
func varied(all [][]byte, n int) []byte {
	if n%3 == 0 {
		raw := bytes.Replace(all[n/3%len(all)], []byte("\nMessage-ID: <"), fmt.Appendf(nil, "\nMessage-ID: <%d.", n), 1)
		return append(fmt.Appendf(nil, "X-Number: %d\r\n", n), raw...)
	}
	return returning(n, 1000+n%5000)
}

// returning is a report of one address of its own with so much of the letter.
func returning(n, octets int) []byte {
	raw := unknownUser(strconv.Itoa(n), fmt.Sprintf("reader%d@mail%d.example.com", n, n%997))
	letter := strings.Repeat("Dear reader, this is what we wrote to you last week, and more of it.\r\n", max(octets-len(raw), 0)/70+1)
	return bytes.Replace(raw, []byte("\r\n\r\n--b--"), []byte("\r\n\r\n"+letter+"\r\n--b--"), 1)
}

// quiet takes the webhook out of a world's configuration: what is measured is the poll.
func (w *world) quiet() {
	w.t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	text, _, _ = bytes.Cut(text, []byte("[[webhook]]"))
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// TestDovecotMailbox polls a large mailbox, of as many messages as $TEST_MAILBOX says,
// and looks at how much memory that takes at its peak.
func TestDovecotMailbox(t *testing.T) {
	messages := 3000
	if n, err := strconv.Atoi(os.Getenv("TEST_MAILBOX")); err == nil {
		messages = n
	}
	server := imaptest.Dovecot(t)
	all := templates(t)
	begin := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	for done := 0; done < messages; {
		var mails []imaptest.Mail
		for ; done < messages && len(mails) < 1000; done++ {
			mails = append(mails, imaptest.Mail{Raw: varied(all, done), InternalDate: begin.Add(time.Duration(done/1000) * time.Second)})
		}
		server.Deliver(mails...)
	}
	w := newWorld(t, server, "")
	w.quiet()
	began := time.Now()
	d := w.startProgram(os.Getenv("TEST_PROGRAM"), "poll")
	var resident int64
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for running := true; running; {
		select {
		case <-d.lines:
		case err := <-d.ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, d.log())
			}
			running = false
		case <-look.C:
			if n, err := peak(d.cmd.Process.Pid); err == nil {
				resident = max(resident, n)
			}
		}
	}
	took, worked := time.Since(began), d.cmd.ProcessState.UserTime()+d.cmd.ProcessState.SystemTime()
	t.Logf("%d messages in %v, %.0f a second; %v of a processor's time; resident at the peak: %.1f MiB", messages,
		took.Round(time.Millisecond), float64(messages)/took.Seconds(), worked.Round(time.Millisecond), float64(resident)/(1<<20))
	if resident > maxResident && !underRace {
		t.Errorf("more than %d MiB", maxResident>>20)
	}
	if resident == 0 {
		t.Skip("this system does not tell how much memory a process has had")
	}
	stored := 0
	for _, err := range w.open().Messages(t.Context(), db.MessageFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		stored++
	}
	if stored != messages {
		t.Errorf("%d messages are stored", stored)
	}
}

// peak reads VmHWM, the most memory a process has had resident (proc_pid_status(5)).
func peak(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseInt(kib, 10, 64)
	return n << 10, err
}

// BenchmarkDovecotPoll polls 20,000 messages of 4 KB from a real server into a store,
// turn by turn with a bare client that fetches and discards, and with a floor that keeps
// only the messages; then with nothing new, turn by turn with a bare client that opens the
// folder.
func BenchmarkDovecotPoll(b *testing.B) {
	const messages = 20_000
	server := imaptest.Dovecot(b)
	var mails []imaptest.Mail
	for i := range messages {
		mails = append(mails, imaptest.Mail{Raw: returning(i, 4<<10), InternalDate: time.Now().Add(-time.Hour)})
	}
	server.Deliver(mails...)
	mails = nil
	bare(b, server).Close() // Dovecot has taken them in
	var fetch, kept, poll, open, nothing time.Duration
	turns := 0
	for b.Loop() {
		turns++
		w := newWorld(b, server, "[log]\nlevel = \"warn\"")
		w.quiet()
		fetch += timed(func() { discard(b, server, messages) })
		kept += timed(func() { pollFloor(b, server, messages) })
		poll += timed(func() { w.run(0, "poll") })
		for range 5 {
			open += timed(func() { bare(b, server).Close() }) / 5
			nothing += timed(func() { w.run(0, "poll") }) / 5
		}
	}
	n := float64(turns)
	b.ReportMetric(n*messages/fetch.Seconds(), "fetch-msg/s")
	b.ReportMetric(n*messages/kept.Seconds(), "floor-msg/s")
	b.ReportMetric(n*messages/poll.Seconds(), "poll-msg/s")
	b.ReportMetric(100*fetch.Seconds()/poll.Seconds(), "%-of-fetch")
	b.ReportMetric(1000*open.Seconds()/n, "open-ms")
	b.ReportMetric(1000*nothing.Seconds()/n, "nothing-new-ms")
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// bare is a client that has the inbox open.
func bare(t testing.TB, server *imaptest.Server) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(server.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// discard fetches every message and keeps none.
func discard(t testing.TB, server *imaptest.Server, messages int) {
	t.Helper()
	c := bare(t, server)
	defer c.Close()
	cmd := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	n := 0
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				_, _ = io.Copy(io.Discard, body.Literal)
				n++
			}
		}
	}
	if err := cmd.Close(); err != nil || n != messages {
		t.Fatal(n, err)
	}
}
