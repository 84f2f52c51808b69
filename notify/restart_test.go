package notify

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

// The wait for a held event survives a restart.
func TestRestartWhileHolding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t, answer: always(503, "Retry-After", "7200")}
		ids := log.add("a@example.com")
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Minute)
		crmHook.answer = nil
		runFor(t, newTestSender(t, crm(), log, crmHook), 7000*time.Second)
		if len(crmHook.calls) != 1 {
			t.Errorf("%d attempts before it was due", len(crmHook.calls)-1)
		}
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Hour)
		wantIDs(t, crmHook.took(), ids)
		if wait := crmHook.calls[1].at.Sub(crmHook.calls[0].at).Round(time.Second); wait != 7200*time.Second {
			t.Errorf("tried again after %v", wait)
		}
	})
}

// A stop in the middle of a request does not count as a failed attempt: the event
// is the first one sent after the restart, at once.
func TestStopDuringRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t, answer: hangs}
		ids := log.add("a@example.com", "b@example.com")
		runFor(t, newTestSender(t, crm(), log, crmHook), 3*time.Second)
		if c := log.cursor("crm"); c.Attempts != 0 || !c.NextAt.IsZero() || c.Sequence != 0 {
			t.Errorf("cursor %+v", c)
		}
		crmHook.answer = nil
		stopped := time.Now()
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Second)
		wantIDs(t, crmHook.took(), ids)
		if d := crmHook.calls[1].at.Sub(stopped); d != 0 {
			t.Errorf("sent %v after the restart", d)
		}
	})
}

// A stop that comes with the answer does not forget the answer.
func TestStopWithAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		ctx, cancel := context.WithCancel(t.Context())
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			cancel()
			return reply(200), nil
		}
		if err := newTestSender(t, crm(), log, crmHook).Run(ctx); err != nil {
			t.Error(err)
		}
		wantIDs(t, crmHook.took(), ids[:1])
		if c := log.cursor("crm"); c.Sequence != 1 || c.Attempts != 0 || !c.NextAt.IsZero() {
			t.Errorf("cursor %+v", c)
		}
	})
}

// A crash between the answer and its being stored: the event is sent again with
// the same id, and the crash loop of a service manager cannot hammer the endpoint.
func TestCrashAfterSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		crash := errors.New("killed")
		log.fail = func(op string) error {
			if op == "save" && len(crmHook.calls) > 0 {
				return crash
			}
			return nil
		}
		if err := newTestSender(t, crm(), log, crmHook).Run(t.Context()); !errors.Is(err, crash) {
			t.Fatalf("Run: %v", err)
		}
		log.fail = func(op string) error {
			if op == "save" && len(crmHook.calls) > 1 {
				return crash
			}
			return nil
		}
		for range 100 { // restarted every 50 ms
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if err := newTestSender(t, crm(), log, crmHook).Run(ctx); err != nil && !errors.Is(err, crash) {
				t.Errorf("Run: %v", err)
			}
			cancel()
		}
		if n := len(crmHook.calls); n > 2 {
			t.Errorf("%d requests from a crash loop of five seconds", n)
		}
		log.fail = nil
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Hour)
		got := crmHook.took()
		if len(got) < 3 || got[0] != ids[0] || got[1] != ids[0] || got[len(got)-1] != ids[1] {
			t.Errorf("the endpoint took %v", got)
		}
	})
}

// A log that fails ends the sender: it must not send what it cannot keep count of.
func TestLogFails(t *testing.T) {
	for _, op := range []string{"open", "pending", "save", "set aside"} {
		synctest.Test(t, func(t *testing.T) {
			broken := errors.New("disk full")
			log, crmHook := &memory{}, &hook{t: t, answer: always(422)}
			log.add("a@example.com")
			log.fail = func(o string) error {
				if o == op {
					return broken
				}
				return nil
			}
			err := newTestSender(t, crm(), log, crmHook).Run(t.Context())
			if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "webhook crm: ") {
				t.Errorf("%s: Run: %v", op, err)
			}
			if op != "set aside" && len(crmHook.calls) != 0 {
				t.Errorf("%s: %d requests", op, len(crmHook.calls))
			}
		})
	}
}

// An endpoint that hangs is given up after its timeout, and holds up no other.
func TestHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		log, slow, quick := &memory{}, &hook{t: t, answer: hangs}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		e := crm()
		e.Name = "quick"
		stopSlow := background(t, newTestSender(t, crm(), log, slow))
		stopQuick := background(t, newTestSender(t, e, log, quick))
		synctest.Wait()
		wantIDs(t, quick.took(), ids)
		time.Sleep(DefaultTimeout + time.Second)
		c := log.cursor("crm")
		if c.Attempts != 1 || c.LastError != "no answer within 30s" || c.NextAt.Sub(begun) < DefaultTimeout {
			t.Errorf("cursor %+v", c)
		}
		time.Sleep(day)
		stopSlow()
		stopQuick()
		for i := 1; i < len(slow.calls); i++ {
			if gap := slow.calls[i].at.Sub(slow.calls[i-1].at); gap < DefaultTimeout+firstBackoff/2 || gap > DefaultTimeout+lastBackoff {
				t.Errorf("attempt %d came %v after the one before", i+1, gap)
			}
		}
	})
}

// A person or another process changes the cursor while we wait or while a request
// is under way; what they wrote holds.
func TestCursorMovedByOthers(t *testing.T) {
	t.Run("resumed while holding", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log, crmHook := &memory{}, &hook{t: t, answer: always(500, "Retry-After", "86400")}
			ids := log.add("a@example.com")
			s := newTestSender(t, crm(), log, crmHook)
			stop := background(t, s)
			synctest.Wait()
			crmHook.answer = nil
			log.change("crm", func(c *bouncehound.Cursor) { c.Attempts, c.NextAt = 0, time.Time{} })
			s.Wake()
			synctest.Wait()
			stop()
			wantIDs(t, crmHook.took(), ids)
		})
	})
	for _, c := range []struct {
		name   string
		change func(*bouncehound.Cursor)
		want   []int
	}{
		{"rewound", func(c *bouncehound.Cursor) { c.Sequence = 0 }, []int{0, 1, 2, 0, 1, 2, 3}},
		{"skipped", func(c *bouncehound.Cursor) { c.Sequence = 3 }, []int{0, 1, 2, 3}},
		{"paused", func(c *bouncehound.Cursor) { c.Paused = true }, []int{0, 1, 2}},
		{"made due", func(c *bouncehound.Cursor) { c.Attempts, c.NextAt = 0, time.Time{} }, []int{0, 1, 2, 3}},
	} {
		t.Run(c.name+" during a request", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, crmHook := &memory{}, &hook{t: t}
				ids := log.add("a@example.com", "b@example.com", "c@example.com", "d@example.com")
				crmHook.answer = func(*http.Request) (*http.Response, error) {
					if len(crmHook.calls) == 3 {
						log.change("crm", c.change)
					}
					return reply(200), nil
				}
				runFor(t, newTestSender(t, crm(), log, crmHook), time.Hour)
				var wanted []string
				for _, i := range c.want {
					wanted = append(wanted, ids[i])
				}
				wantIDs(t, crmHook.took(), wanted)
			})
		})
	}
}

// A next attempt that a wrong clock put years ahead is made now.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com")
		log.store(bouncehound.Cursor{Consumer: "crm", Attempts: 1, NextAt: time.Now().AddDate(9, 0, 0)})
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Second)
		wantIDs(t, crmHook.took(), ids)
	})
}

// slow is a log on a disk that has other things to do.
type slow struct {
	*memory
	takes time.Duration
}

func (s slow) SaveCursor(ctx context.Context, c bouncehound.Cursor) error {
	select {
	case <-time.After(s.takes):
		return s.memory.SaveCursor(ctx, c)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A disk that is busy for long is waited for, and is no reason to end the daemon.
func TestSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		runFor(t, newTestSender(t, crm(), slow{log, time.Minute}, crmHook), time.Hour)
		wantIDs(t, crmHook.took(), ids)
		if c := log.cursor("crm"); c.Sequence != 2 {
			t.Errorf("cursor %+v", c)
		}
	})
}

// While an attempt is under way a sender owes a sign of life, and none while it waits:
// for an event, for the next attempt, or for good.
func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		s := newTestSender(t, crm(), log, crmHook)
		var owed, atRequest []time.Duration
		s.Alive(func(within time.Duration) { owed = append(owed, within) })
		last := func() time.Duration { return owed[len(owed)-1] }
		crmHook.answer = func(r *http.Request) (*http.Response, error) {
			atRequest = append(atRequest, last())
			return always(503)(r)
		}
		stop := background(t, s)
		synctest.Wait()
		if last() != 0 {
			t.Errorf("with nothing to do it owes %v", owed)
		}
		log.add("a@example.com")
		s.Wake()
		synctest.Wait()
		if len(atRequest) != 1 || atRequest[0] <= s.timeout || last() != 0 {
			t.Errorf("owed %v at an attempt, and in all %v", atRequest, owed)
		}
		stop()
		if last() != 0 {
			t.Errorf("ended it owes %v", last())
		}
	})
}
