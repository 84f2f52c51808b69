package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bouncehound/poller/imaptest"
)

// TestDovecotKillMove kills polls that move what they have read, with -9 and at every
// stage of them, as often as $TEST_KILLS says and in a mailbox of $TEST_MESSAGES
// reports (else a few), and then lets one end: each report is stored once and lies in
// the target once, and other mail is as it was.
func TestDovecotKillMove(t *testing.T) {
	kills, messages := number("TEST_KILLS", 8), number("TEST_MESSAGES", 400)
	k := newKilling(t, messages, t.TempDir())
	k.kill(kills, func(int) {}, max(20, messages/kills))
	k.finish()
}

// TestDovecotKillDiskFull is the same with a store whose disk is full for a while
// again and again.
func TestDovecotKillDiskFull(t *testing.T) {
	kills, messages := number("TEST_KILLS", 6), number("TEST_MESSAGES", 400)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	k := newKilling(t, messages, dir)
	filler := filepath.Join(dir, "filler")
	k.kill(kills, func(polls int) {
		_ = os.Remove(filler)
		if k.full = polls%5 >= 2; k.full {
			fill(t, filler, rand.IntN(1<<17))
		}
	}, max(20, messages/kills))
	// A few polls may all be killed before they write.
	if k.refused == 0 && kills >= 50 {
		t.Error("no poll met a full disk: nothing was shown")
	}
	_ = os.Remove(filler)
	k.full = false
	k.finish()
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// fill writes a file until so many octets are left on its disk.
func fill(t *testing.T, path string, left int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(max(0, end-int64(left))); err != nil {
		t.Fatal(err)
	}
}

// A killing polls one mailbox again and again.
type killing struct {
	*world
	gate     *gate
	messages int             // reports in the mailbox
	others   []imaptest.Mail // what is none
	full     bool            // the disk is: a poll may fail
	refused  int             // polls that failed so
}

func newKilling(t *testing.T, messages int, dir string) *killing {
	t.Helper()
	server := imaptest.Dovecot(t)
	var mails []imaptest.Mail
	begin := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	for i := range messages {
		at := begin.Add(time.Duration(i) * time.Second)
		mails = append(mails, imaptest.Mail{Raw: undelivered(i), InternalDate: at})
		if i%100 == 50 {
			mails = append(mails, imaptest.Mail{InternalDate: at,
				Raw: fmt.Appendf(nil, "From: ada@example.net\r\nTo: bounces@example.com\r\nMessage-ID: <other.%d@example.net>\r\nSubject: hello\r\n\r\nJust a letter.\r\n", i)})
		}
	}
	server.Deliver(mails...)
	k := &killing{
		world:    &world{t: t, server: server, config: filepath.Join(t.TempDir(), "bouncehound.toml"), store: filepath.Join(dir, "store.db")},
		gate:     newGate(t, server.Addr),
		messages: messages,
	}
	for _, m := range server.List("INBOX") {
		if strings.Contains(string(m.Raw), "Subject: hello") {
			k.others = append(k.others, m)
		}
	}
	return k
}

// configure limits the messages of a poll, so that many polls have something to do.
func (k *killing) configure(most int) {
	k.t.Helper()
	text := fmt.Sprintf(`
[store]
path = %q
[[mailbox]]
name = "bounces"
host = %q
tls = "none"
username = %q
password = %q
[mailbox.poll]
after = "move"
move_to = "Done"
max_per_poll = %d
`, k.store, k.gate.address, imaptest.Username, imaptest.Password, most)
	if err := os.WriteFile(k.config, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// kill cuts off so many polls; before each it tells how many there were.
func (k *killing) kill(kills int, before func(polls int), most int) {
	k.t.Helper()
	k.configure(most)
	cut, polls := 0, 0
	stages := map[string]int{}
	for ; cut < kills && polls < 4*kills; polls++ {
		before(polls)
		// The first command of a poll that begins so is a moment to kill it, more or less.
		stage := []string{"UID MOVE", "UID MOVE", "UID FETCH", "UID FETCH", "UID SEARCH", "EXAMINE", "NOOP", "LOGOUT", ""}[rand.IntN(9)]
		if k.pollAndKill(stage, most) {
			cut++
			stages[stage]++
		}
	}
	k.t.Logf("%d of %d polls were cut off (%d failed for the disk): %v", cut, polls, k.refused, stages)
	// Of a few, chance may cut off few.
	if cut == 0 || cut < kills && kills >= 50 {
		k.t.Errorf("only %d polls were cut off", cut)
	}
}

// pollAndKill reports whether the poll was cut off.
func (k *killing) pollAndKill(stage string, most int) bool {
	k.t.Helper()
	var d *process
	started := make(chan struct{})
	lines := -1
	if stage == "" { // in the middle of the commits, by the lines of the log
		lines = rand.IntN(most)
	}
	k.gate.watch(stage, func() {
		<-started
		// Chance is the point: mostly at once, for a quick machine is done in no time.
		time.Sleep(time.Duration(float64(40*time.Millisecond) * math.Pow(rand.Float64(), 4)))
		_ = d.cmd.Process.Signal(syscall.SIGKILL)
	})
	d = k.start("poll")
	close(started)
	ctx, cancel := context.WithTimeout(k.t.Context(), 5*time.Minute)
	defer cancel()
	var ended error
	for over := false; !over; {
		select {
		case line := <-d.lines:
			if strings.Contains(line, " uid=") && lines == 0 {
				_ = d.cmd.Process.Signal(syscall.SIGKILL)
			}
			if strings.Contains(line, " uid=") {
				lines--
			}
		case ended = <-d.ended:
			over = true
		case <-ctx.Done():
			k.t.Fatalf("the poll stalls\n%s", d.log())
		}
	}
	status := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return true
	case k.full && status.ExitStatus() == 1 && (strings.Contains(d.log(), "disk is full") || strings.Contains(d.log(), "no space left")):
		k.refused++
	case ended != nil:
		k.t.Fatalf("the poll ended with %v\n%s", d.cmd.ProcessState, d.log())
	}
	return false
}

// finish lets a poll end and looks at what has come of it all.
func (k *killing) finish() {
	k.t.Helper()
	k.configure(0)
	k.gate.watch("", nil)
	k.run(0, "poll")
	recipients := map[string]int{}
	for _, b := range k.bounces() {
		recipients[b.Address]++
	}
	moved := map[string]int{}
	for _, m := range k.server.List("Done") {
		_, id, _ := strings.Cut(string(m.Raw), "Message-Id: ")
		id, _, _ = strings.Cut(id, "\r\n")
		moved[id]++
	}
	for what, found := range map[string]map[string]int{"bounces": recipients, "messages in the target": moved} {
		all := 0
		for name, n := range found {
			if all += n; n > 1 {
				k.t.Errorf("%s: %s is there %d times", what, name, n)
			}
		}
		if all != k.messages || len(found) != k.messages {
			k.t.Errorf("%d %s, %d different ones, want %d", all, what, len(found), k.messages)
		}
	}
	if left := k.server.List("INBOX"); !slices.EqualFunc(k.others, left, sameMail) {
		k.t.Errorf("%d messages are left, want the %d others as they were", len(left), len(k.others))
	}
	k.t.Logf("%d bounces, %d messages moved, %d others left", len(recipients), len(moved), len(k.others))
}

// undelivered is what Postfix says of a recipient.
func undelivered(n int) []byte {
	text := fmt.Sprintf(`From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b.%[1]d"
Message-Id: <%[1]d@mx.example.net>

--b.%[1]d
Content-Type: text/plain

<user%[1]d@remote.example>: host mx.remote.example[192.0.2.1] said: 550 5.1.1
    No such user (in reply to RCPT TO command)

--b.%[1]d
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; user%[1]d@remote.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.remote.example
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b.%[1]d
Content-Type: message/rfc822

From: news@example.com
To: user%[1]d@remote.example
Message-ID: <news.%[1]d@example.com>
Subject: News

%[2]s
--b.%[1]d--
`, n, strings.Repeat("Here is the news of the day.\n", 20))
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// A gate stands before an IMAP server and hears what clients ask it.
type gate struct {
	address string
	mu      sync.Mutex
	command string // begins so
	heard   func() // is called once, when such a command was passed on
}

func newGate(t *testing.T, server string) *gate {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	g := &gate{address: ln.Addr().String()}
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go g.pass(client, server)
		}
	}()
	return g
}

func (g *gate) watch(command string, heard func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.command, g.heard = command, heard
	if command == "" {
		g.heard = nil
	}
}

func (g *gate) pass(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		client.Close()
	}()
	in := bufio.NewReader(client)
	for {
		line, err := in.ReadString('\n')
		if _, failed := io.WriteString(server, line); err != nil || failed != nil {
			return
		}
		_, command, _ := strings.Cut(line, " ")
		g.mu.Lock()
		if g.heard != nil && strings.HasPrefix(command, g.command) {
			go g.heard()
			g.heard = nil
		}
		g.mu.Unlock()
	}
}
