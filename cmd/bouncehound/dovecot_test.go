package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/poller/imaptest"
)

// caughtFrom are the folders of testdata with messages caught from MTAs that ran.
var caughtFrom = []string{"postfix", "exim", "sendmail", "opensmtpd", "courier", "dma", "nullmailer"}

// A caughtMail is a message of testdata and what its golden file says.
type caughtMail struct {
	name    string
	raw     []byte
	bounces []bouncehound.Bounce
}

// caught returns every caught message with its golden bounces.
func caught(t testing.TB) (all []caughtMail) {
	t.Helper()
	for _, folder := range caughtFrom {
		files, err := filepath.Glob(filepath.Join("../../testdata", folder, "*.eml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no messages in testdata/%s: %v", folder, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := caughtMail{name: file, raw: raw}
			text, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				var b bouncehound.Bounce
				if err := json.Unmarshal([]byte(line), &b); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				if b.Action != bouncehound.NoAction {
					m.bounces = append(m.bounces, b)
				}
			}
			all = append(all, m)
		}
	}
	return all
}

// load puts messages into the inbox, arrived one after another within the last days,
// every third of them seen and every seventh flagged.
func load(server *imaptest.Server, messages []caughtMail) {
	begin := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	mails := make([]imaptest.Mail, len(messages))
	for i, m := range messages {
		mails[i] = imaptest.Mail{Raw: m.raw, InternalDate: begin.Add(time.Duration(i) * time.Minute)}
		if i%3 == 0 {
			mails[i].Flags = append(mails[i].Flags, `\Seen`)
		}
		if i%7 == 0 {
			mails[i].Flags = append(mails[i].Flags, `\Flagged`)
		}
	}
	server.Load("INBOX", mails...)
}

// outcome counts bounces by what was said of whom.
func outcome(bounces []bouncehound.Bounce) map[string]int {
	n := map[string]int{}
	for _, b := range bounces {
		n[fmt.Sprintf("%s %s %s %s", b.MessageID, b.Action, b.Address, b.Status)]++
	}
	return n
}

// expected is the outcome that the golden files promise, repeats left out: a report
// that says the same of a recipient twice counts once.
func expected(messages []caughtMail) map[string]int {
	n := map[string]int{}
	for _, m := range messages {
		for key, count := range outcome(m.bounces) {
			if strings.HasPrefix(key, " ") {
				n[key] += count // without a Message-ID a repeat can't be told
			} else {
				n[key] = 1
			}
		}
	}
	return n
}

// TestDovecotMainJob takes every bounce that was caught from a real MTA through a
// real IMAP server to the store, the webhook and the CSV; twice.
func TestDovecotMainJob(t *testing.T) {
	messages := caught(t)
	if len(messages) < 60 {
		t.Fatalf("%d messages", len(messages))
	}
	server := imaptest.Dovecot(t)
	load(server, messages)
	w := newWorld(t, server, "")
	before := server.List("INBOX")
	if len(before) != len(messages) {
		t.Fatalf("%d of %d messages in the inbox", len(before), len(messages))
	}
	want := expected(messages)
	for range 2 {
		w.run(0, "poll")
		bounces := w.bounces()
		if got := outcome(bounces); !maps.Equal(got, want) {
			t.Fatalf("store and golden files differ:\n%s", difference(got, want))
		}
		agree(t, w, bounces)
		if after := server.List("INBOX"); !slices.EqualFunc(before, after, sameMail) {
			t.Error("flags, order or messages of the inbox changed")
		}
	}
	failed := 0
	for _, b := range w.bounces() {
		if b.Action == bouncehound.Failed {
			failed++
		}
	}
	t.Logf("%d messages of %d MTAs, %d bounces, %d of them failures", len(messages), len(caughtFrom), len(want), failed)
}

// agree checks that the webhook and the CSV tell what the store holds.
func agree(t *testing.T, w *world, bounces []bouncehound.Bounce) {
	t.Helper()
	recorded, listed := map[string]int{}, map[string]bool{}
	ids := map[string]bool{}
	for _, e := range w.receiver.all(t) {
		if ids[e.ID] {
			t.Errorf("event %s came twice", e.ID)
		}
		ids[e.ID] = true
		switch e.Type {
		case "bounce.recorded":
			recorded[e.Data.Action+" "+e.Data.Recipient]++
		case "contact.do_not_email":
			listed[bouncehound.Key(e.Data.Email)] = true
		case "contact.released", "contact.ok":
			delete(listed, bouncehound.Key(e.Data.Email))
		}
	}
	stored := map[string]int{}
	for _, b := range bounces {
		stored[string(b.Action)+" "+b.Address]++
	}
	if !maps.Equal(recorded, stored) {
		t.Errorf("webhook and store differ:\n%s", difference(recorded, stored))
	}
	stdout, _ := w.run(0, "export", "do-not-email", "--raw")
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	inCSV := map[string]bool{}
	for _, row := range rows[1:] {
		inCSV[bouncehound.Key(row[0])] = true
	}
	if !maps.Equal(inCSV, listed) {
		t.Errorf("CSV lists %d contacts, the webhook %d", len(inCSV), len(listed))
	}
}

func difference(got, want map[string]int) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if got[key] != want[key] {
			fmt.Fprintf(&b, "%s: got %d, want %d\n", key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] == 0 {
			fmt.Fprintf(&b, "%s: got 0, want %d\n", key, want[key])
		}
	}
	return b.String()
}

// TestDovecotKill kills the poller in the middle of polls, with -9, as often as
// $TEST_KILLS says (else a few times), and then lets one end: nothing is
// lost, nothing is there twice, and what is left in the inbox is what was no report.
func TestDovecotKill(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv("TEST_KILLS")); err == nil {
		kills = n
	}
	messages := caught(t)
	for _, after := range []string{"keep", "move"} {
		t.Run(after, func(t *testing.T) {
			server := imaptest.Dovecot(t)
			load(server, messages)
			before := server.List("INBOX")
			// So few a poll that the polls that are killed have something to do.
			few := max(2, 2*len(messages)/kills)
			w := newWorld(t, server, fmt.Sprintf("[mailbox.poll]\nafter = %q\nmove_to = \"Done\"\nmax_per_poll = %d", after, few))
			cut := 0
			for range kills {
				if killDuringPoll(t, w, few) {
					cut++
				}
			}
			if cut == 0 {
				t.Error("no poll was cut off: nothing was shown")
			}
			w.run(0, "webhooks", "resume", "crm") // attempts that were broken off make it wait
			for rest := 0; rest <= len(messages); rest += few {
				w.run(0, "poll")
			}
			want := expected(messages)
			bounces := w.bounces()
			if got := outcome(bounces); !maps.Equal(got, want) {
				t.Errorf("store and golden files differ:\n%s", difference(got, want))
			}
			left, moved := server.List("INBOX"), server.List("Done")
			if after == "keep" && !slices.EqualFunc(before, left, sameMail) {
				t.Error("flags, order or messages of the inbox changed")
			}
			if after == "move" {
				reports := 0
				for _, m := range messages {
					if slices.ContainsFunc(m.bounces, func(b bouncehound.Bounce) bool {
						return b.Action != bouncehound.Replied && b.Action != bouncehound.Challenged
					}) {
						reports++
					}
				}
				if len(moved) != reports || len(left) != len(messages)-reports {
					t.Errorf("%d messages moved, %d left; want %d and %d", len(moved), len(left), reports, len(messages)-reports)
				}
			}
			came := map[string]bool{} // an event may come twice after a kill, with its id
			for _, e := range w.receiver.all(t) {
				came[e.ID] = true
			}
			events, _, err := w.open().Pending(t.Context(), bouncehound.Cursor{}, everyType, 0) // alerts are for those who ask
			if err != nil || len(came) != len(events) {
				t.Errorf("%d of %d events came, %v", len(came), len(events), err)
			}
			t.Logf("%d of %d polls were cut off", cut, kills)
		})
	}
}

// killDuringPoll starts a poll of so many messages and kills it at a moment that
// lies, by chance, at its beginning, in its middle or near its end. It reports whether the poll was cut off.
func killDuringPoll(t *testing.T, w *world, messages int) bool {
	t.Helper()
	d := w.start("poll")
	lines := rand.IntN(messages + 2) // a line of the log a message
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for range lines {
		select {
		case <-d.lines:
			continue
		case err := <-d.ended:
			d.ended <- err
		case <-ctx.Done():
			t.Fatalf("the poll stalls\n%s", d.log())
		}
		break
	}
	_ = d.cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	<-d.ended
	status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	// The one before may have been killed at a webhook, which waits then.
	if !ok || !status.Signaled() && status.ExitStatus() != 0 && !strings.Contains(d.log(), "are held back") {
		t.Fatalf("the poll ended with %v\n%s", d.cmd.ProcessState, d.log())
	}
	return status.Signaled()
}
