package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"bouncehound/poller/imaptest"
)

// feeding runs a watchdog that wants to be fed every minute; it returns how often it was
// since the last call.
func feeding(t *testing.T, beats *pulse, answer func(context.Context) error) (fed func() int) {
	t.Helper()
	var n atomic.Int64
	tell := func(state string) {
		if state == daemon.SdNotifyWatchdog {
			n.Add(1)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- watchdog{time.Minute, answer, beats, tell, slog.New(slog.NewTextHandler(t.Output(), nil))}.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() int {
		synctest.Wait()
		return int(n.Swap(0))
	}
}

func answers(context.Context) error { return nil }

// TestWatchdogStuck: a part that owes a beat and stands still ends the feeding; one that
// rests, or goes on however slowly, does not.
func TestWatchdogStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := newPulse()
		fed := feeding(t, beats, answers)
		beats.owe("webhook crm", time.Hour)
		beats.owe("webhook crm", 0)
		beats.again("webhook crm", time.Second) // it rests
		beats.owe("poll bounces", 15*time.Minute)
		for range 100 { // a long poll that makes progress
			time.Sleep(14 * time.Minute)
			beats.again("poll bounces", 15*time.Minute)
			if n := fed(); n < 14*3-1 {
				t.Fatalf("fed %d times in 14 minutes", n)
			}
		}
		time.Sleep(15 * time.Minute)
		fed()
		time.Sleep(10 * time.Minute)
		if n := fed(); n != 0 {
			t.Errorf("fed %d times while a part stands still", n)
		}
		beats.owe("poll bounces", 0) // it went on after all
		time.Sleep(time.Minute)
		if n := fed(); n == 0 {
			t.Error("not fed when all was well again")
		}
	})
}

// TestWatchdogStore: a store that fails, or is silent, ends the feeding.
func TestWatchdogStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answer atomic.Value
		answer.Store(answers)
		fed := feeding(t, newPulse(), func(ctx context.Context) error { return answer.Load().(func(context.Context) error)(ctx) })
		for _, c := range []struct {
			answer func(context.Context) error
			fed    bool
		}{
			{answers, true},
			{func(context.Context) error { return errors.New("disk I/O error") }, false},
			{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, false},
			{answers, true},
		} {
			answer.Store(c.answer)
			time.Sleep(time.Minute)
			fed()
			time.Sleep(10 * time.Minute)
			if n := fed(); (n > 0) != c.fed {
				t.Errorf("fed %d times", n)
			}
		}
	})
}

// TestWatchdogConnection: each octet that comes while a poll is at work is a beat of it,
// and none while it listens only.
func TestWatchdogConnection(t *testing.T) {
	beats := newPulse()
	client, server := net.Pipe()
	defer server.Close()
	conn := beatingConn{client, func() { beats.again("poll bounces", time.Hour) }}
	defer conn.Close()
	read := func() {
		t.Helper()
		go func() { _, _ = io.WriteString(server, "* OK\r\n") }()
		if _, err := io.ReadFull(conn, make([]byte, 6)); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if len(beats.owed) != 0 {
		t.Errorf("owed %v while nothing is polled", beats.owed)
	}
	beats.owe("poll bounces", -time.Second)
	if !slices.Equal(beats.late(), []string{"poll bounces"}) {
		t.Error("not late")
	}
	read()
	if len(beats.late()) > 0 {
		t.Error("late though the server answers")
	}
}

// TestHeartbeats: what the daemon does besides polling beats while it lives, however
// long it takes, and is late when it does not.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := newPulse()
		fed := feeding(t, beats, answers)
		part, beat := "export list.csv", func() { beats.owe("export list.csv", stillExport) }
		beat()
		w := beatingWriter{io.Discard, beat}
		for range 50 { // a big one on a slow disk
			time.Sleep(stillExport - time.Second)
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if fed() == 0 || len(beats.late()) != 0 {
			t.Errorf("late: %q", beats.late())
		}
		time.Sleep(stillExport + time.Minute)
		fed()
		time.Sleep(time.Minute)
		if fed() != 0 || !slices.Equal(beats.late(), []string{part}) {
			t.Errorf("late: %q", beats.late())
		}
	})
}

// TestWatchdogTells: what stands still is named in the status and in the log, also where
// nobody feeds on it.
func TestWatchdogTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := newPulse()
		beats.owe("watch", time.Second)
		beats.owe("retention", time.Second)
		var told []string
		var logged strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), lookEvery+time.Second)
		defer cancel()
		err := watchdog{0, answers, beats, func(state string) { told = append(told, state) }, slog.New(slog.NewTextHandler(&logged, nil))}.run(ctx)
		if err != nil || !slices.Equal(told, []string{"STATUS=stands still: retention, watch"}) || !strings.Contains(logged.String(), `part="retention, watch"`) {
			t.Errorf("told %q, logged %s, %v", told, logged.String(), err)
		}
	})
}

// TestPartsBeat: the loops of the daemon owe a beat from their start on, and keep it.
func TestPartsBeat(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.poll]\nidle = true\n")
	path := filepath.Join(t.TempDir(), "list.csv")
	w.add("[[export]]\nwhat = \"do-not-email\"\nschedule = \"@daily\"\npath = %q\n", path)
	var out, errs strings.Builder
	p := w.program(&out, &errs)
	p.watched = newWatched()
	s, err := p.settings()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	made, err := p.parts(ctx, s, w.open())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.generation(ctx, made, nil)
		ended <- err
	}()
	want := []string{"watch", "sweep", "retention", "schedule", "exports", "idle bounces INBOX"}
	owes := func(part string) bool {
		made.beats.mu.Lock()
		defer made.beats.mu.Unlock()
		_, known := made.beats.owed[part]
		return known
	}
	for end := time.Now().Add(time.Minute); !func() bool {
		return !slices.ContainsFunc(want, func(part string) bool { return !owes(part) })
	}(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("owed: %v", made.beats.owed)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if late := made.beats.late(); len(late) > 0 {
		t.Errorf("late: %q", late)
	}
}

// TestWatchdogListening: what comes to a connection that listens, such as "still here"
// every two minutes, is no beat of the poll.
func TestWatchdogListening(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, c := range []struct {
		ctx   context.Context
		beats bool
	}{{t.Context(), false}, {context.WithValue(t.Context(), atWork{}, true), true}} {
		conn, err := newPulse().dial("poll bounces", time.Hour)(c.ctx, "tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, beats := conn.(beatingConn); beats != c.beats {
			t.Errorf("beats: %v", beats)
		}
		conn.Close()
	}
}

// TestSystemdSilent: who is told how the daemon does and does not read it holds up nothing.
func TestSystemdSilent(t *testing.T) {
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", address.Name)
	other, err := net.DialUnix("unixgram", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for err == nil { // until there is no room for more
		if err = other.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err == nil {
			_, err = other.Write([]byte("STATUS=other"))
		}
	}
	tellSystemd("STATUS=not heard", time.Millisecond)
	told := make(chan struct{})
	go func() {
		tellSystemd("STATUS=heard", time.Hour)
		close(told)
	}()
	for b := make([]byte, 100); ; {
		n, err := socket.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if string(b[:n]) == "STATUS=not heard" {
			t.Error("it came though there was no room")
		}
		if string(b[:n]) == "STATUS=heard" {
			break
		}
	}
	<-told
}
