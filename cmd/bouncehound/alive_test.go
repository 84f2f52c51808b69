package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
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
	if beats.late() != "poll bounces" {
		t.Error("not late")
	}
	read()
	if beats.late() != "" {
		t.Error("late though the server answers")
	}
}
