package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound/poller/imaptest"
)

// TestRun: the daemon polls at once and delivers; what another process does to the
// store reaches the webhook; a second poller is refused; SIGTERM ends it.
func TestRun(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	d := w.start("run")
	w.receiver.await(t, 2)

	began := time.Now()
	w.run(0, "release", "lena@example.com", "--note", "new mailbox")
	events := w.receiver.await(t, 3)
	t.Logf("a release by another process reached the webhook after %v", time.Since(began).Round(time.Millisecond))
	if e := events[2]; e.Type != "contact.released" || e.Data.Email != "lena@example.com" || e.Data.Standing != "ok" {
		t.Errorf("event %+v", e)
	}

	_, stderr := w.run(1, "poll")
	if !strings.Contains(stderr, fmt.Sprintf("process %d holds", d.cmd.Process.Pid)) {
		t.Errorf("printed\n%s", stderr)
	}
	d.stop()
	w.run(0, "poll") // the lock went with the process
}

// TestRunReload: SIGHUP takes a good configuration and keeps the old one before a bad.
func TestRunReload(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	d := w.start("run")
	d.await("polled")
	good, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.config, append(good, "\n[nonsense]\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	d.signal(syscall.SIGHUP)
	d.await("configuration not reloaded, the old one stays")

	w.append(unknownUser("1", "lena@example.com"))
	if err := os.WriteFile(w.config, good, 0o600); err != nil {
		t.Fatal(err)
	}
	d.signal(syscall.SIGHUP)
	d.await("configuration reloaded")
	w.receiver.await(t, 2) // the new generation polls at once
	d.stop()
}

// TestRunReloadRules: SIGHUP brings rules too, and a bad rule file keeps the old ones.
func TestRunReloadRules(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nschedule = \"@every 1s\"")
	rules := filepath.Join(filepath.Dir(w.config), "own.toml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rule := func(reason string) string {
		return fmt.Sprintf("[[rule]]\nid = \"ours/quarantine\"\ntext = [\"in quarantine\"]\nreason = %q\nwhy = \"?\"\nmatch = [\"550 in quarantine\"]\n", reason)
	}
	config, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	write(w.config, string(config)+fmt.Sprintf("[rules]\nfiles = [%q]\n", rules))
	write(rules, rule("policy"))
	d := w.start("run")
	d.await("polled")

	reason := func(n int) string {
		t.Helper()
		e := w.receiver.await(t, n)[n-1]
		return fmt.Sprint(e.Type, " ", e.Data.Reason)
	}
	write(rules, rule("no_such_reason"))
	d.signal(syscall.SIGHUP)
	d.await("configuration not reloaded, the old one stays")
	w.append(failedDSN("1", "lena@example.com", "5.1.1", "550 5.1.1 in quarantine"))
	if got := reason(1); got != "bounce.recorded policy" {
		t.Errorf("after a bad rule file: %s", got)
	}

	write(rules, rule("virus"))
	d.signal(syscall.SIGHUP)
	d.await("configuration reloaded")
	w.append(failedDSN("2", "omar@example.com", "5.1.1", "550 5.1.1 in quarantine"))
	if got := reason(2); got != "bounce.recorded virus" {
		t.Errorf("after a good one: %s", got)
	}
	d.stop()
}

// TestRunReloadReadsOnce: a secret or a file that is gone a moment after a reload has read
// it does not end the daemon; one that is gone before leaves the old configuration.
func TestRunReloadReadsOnce(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nschedule = \"@every 1s\"")
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	times := filepath.Join(filepath.Dir(w.config), "times")
	if err := os.WriteFile(times, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	command := fmt.Sprintf("echo >>%s; [ $(wc -l <%s) -le 2 ] && echo %s", times, times, w.receiver.secret)
	changed := strings.Replace(string(text), fmt.Sprintf("secret = %q", w.receiver.secret), fmt.Sprintf("secret_command = %q", command), 1)
	if err := os.WriteFile(w.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	d := w.start("run") // reads it once
	d.await("polled")
	d.signal(syscall.SIGHUP) // and again
	d.await("configuration reloaded")
	w.append(unknownUser("1", "lena@example.com"))
	w.receiver.await(t, 2)
	d.signal(syscall.SIGHUP)
	d.await("configuration not reloaded, the old one stays")
	w.append(unknownUser("2", "mia@example.com"))
	w.receiver.await(t, 4)
	d.stop()
}

// TestRunReloadEarly: a SIGHUP while the daemon starts does not end it.
func TestRunReloadEarly(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.config += ".pipe" // it starts to read this, and waits
	if err := syscall.Mkfifo(w.config, 0o600); err != nil {
		t.Fatal(err)
	}
	d := w.start("run")
	for _, signal := range []os.Signal{syscall.SIGHUP, nil} {
		pipe, err := os.OpenFile(w.config, os.O_WRONLY, 0) // returns once it reads
		if err != nil {
			t.Fatal(err)
		}
		if signal != nil {
			d.signal(signal)
		}
		if _, err := pipe.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := pipe.Close(); err != nil {
			t.Fatal(err)
		}
		d.await(map[bool]string{true: "running", false: "configuration reloaded"}[signal != nil])
	}
	d.stop()
}

// TestRunStopsInFetch: SIGTERM in the middle of a fetch that stalls ends the daemon,
// and nothing of the batch was kept or lost.
func TestRunStopsInFetch(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	stalled := make(chan struct{})
	address := stallingServer(t, stalled)
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.config, []byte(strings.Replace(string(text), w.server.Addr, address, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	d := w.start("run")
	select {
	case <-stalled:
	case err := <-d.ended:
		t.Fatalf("%v\n%s", err, d.log())
	case <-time.After(time.Minute):
		t.Fatalf("the fetch did not begin\n%s", d.log())
	}
	d.stop()
	if len(w.bounces()) != 0 {
		t.Error("a message of which a part never came was recorded")
	}
}

// stallingServer is an IMAP server that sends half of a message and then nothing.
func stallingServer(t *testing.T, stalled chan<- struct{}) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE] ready\r\n")
		lines := bufio.NewScanner(conn)
		for lines.Scan() {
			tag, command, _ := strings.Cut(lines.Text(), " ")
			command = strings.ToUpper(command)
			switch {
			case strings.HasPrefix(command, "EXAMINE"), strings.HasPrefix(command, "SELECT"):
				fmt.Fprint(conn, "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 2] .\r\n* FLAGS (\\Seen)\r\n")
			case strings.HasPrefix(command, "UID SEARCH"):
				fmt.Fprint(conn, "* SEARCH 1\r\n")
			case strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY"):
				fmt.Fprint(conn, "* 1 FETCH (UID 1 BODY[] {5000}\r\nFrom: half of a message\r\n")
				close(stalled)
				_, _ = io.Copy(io.Discard, conn) // until the client goes
				return
			case strings.HasPrefix(command, "UID FETCH"):
				fmt.Fprintf(conn, "* 1 FETCH (UID 1 RFC822.SIZE 5000 INTERNALDATE %q)\r\n", time.Now().Format("02-Jan-2006 15:04:05 -0700"))
			case command == "CAPABILITY":
				fmt.Fprint(conn, "* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n")
			case strings.HasPrefix(command, "LIST"):
				fmt.Fprint(conn, "* LIST () \"/\" INBOX\r\n")
			}
			fmt.Fprintf(conn, "%s OK done\r\n", tag)
		}
	}()
	return ln.Addr().String()
}

// TestRunAborted: what Go ends with 2 otherwise, as a panic and the watchdog's SIGABRT,
// ends by a signal: systemd does not restart what ended with 2.
func TestRunAborted(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	d := w.start("run")
	d.await("polled")
	d.signal(syscall.SIGABRT)
	err := <-d.ended
	ended, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatalf("ended with %v", err)
	}
	if status := ended.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("ended with %v", err)
	}
}

// TestRunSystemd: systemd hears that the daemon is ready, that it lives, what it did
// last, and that it stops.
func TestRunSystemd(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "300000")
	d := w.start("run")
	told := make(chan string, 1000)
	go func() { // at once: systemd reads as it comes
		defer close(told)
		for b := make([]byte, 4096); ; {
			n, err := socket.Read(b)
			if err != nil {
				return
			}
			told <- string(b[:n])
		}
	}()
	var all []string
	heard := func(want string) { // before or after the others
		t.Helper()
		timeout := time.After(time.Minute)
		for !slices.ContainsFunc(all, func(one string) bool { return strings.HasPrefix(one, want) }) {
			select {
			case one := <-told:
				all = append(all, one)
			case <-timeout:
				t.Fatalf("no %q in %q\n%s", want, all, d.log())
			}
		}
	}
	heard("READY=1")
	heard("STATUS=last poll of bounces at ")
	heard("WATCHDOG=1")
	d.stop()
	heard("STOPPING=1")
}
