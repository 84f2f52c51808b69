package notify

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

// letters makes every event so far a dead letter of crm.
func (m *memory) letEverythingDie() {
	for _, e := range m.events {
		m.letters = append(m.letters, bouncehound.DeadLetter{Consumer: "crm", Event: e, At: time.Now(), Error: "answered 422"})
	}
	m.store(bouncehound.Cursor{Consumer: "crm", Sequence: m.last()})
}

// left returns the sequences of the dead letters that are still there.
func (m *memory) left() (sequences []int64) {
	for _, d := range m.letters {
		sequences = append(sequences, d.Event.Sequence)
	}
	return sequences
}

func TestRetry(t *testing.T) {
	for _, c := range []struct {
		name             string
		answer           func(sequence string) int // nil: 200
		paused           bool
		took             []int
		sent, superseded int
		left             []int64
		err              string
	}{
		{name: "all taken", took: []int{1, 2, 3}, sent: 3, superseded: 1},
		{name: "one refused again", answer: func(s string) int {
			if s == "3" {
				return 422
			}
			return 200
		}, took: []int{1, 3}, sent: 2, superseded: 1, left: []int64{3}, err: "1 refused again: answered 422"},
		{name: "down", answer: func(s string) int {
			if s == "2" {
				return 200
			}
			return 503
		}, took: []int{1}, sent: 1, superseded: 1, left: []int64{3, 4}, err: "answered 503"},
		{name: "gone", answer: func(string) int { return 410 }, superseded: 1, left: []int64{2, 3, 4}, err: "answered 410 Gone"},
		{name: "paused", paused: true, left: []int64{1, 2, 3, 4}, err: "paused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, crmHook := &memory{}, &hook{t: t}
				ids := log.add("a@example.com", "b@example.com", "c@example.com", "a@example.com")
				log.letEverythingDie()
				slices.Reverse(log.letters) // the order must not be theirs
				log.change("crm", func(cur *bouncehound.Cursor) { cur.Paused = c.paused })
				if c.answer != nil {
					crmHook.answer = func(r *http.Request) (*http.Response, error) {
						return reply(c.answer(strings.TrimLeft(r.Header.Get("webhook-id")[4:], "0"))), nil
					}
				}
				sent, superseded, err := newTestSender(t, crm(), log, crmHook).Retry(t.Context())
				if sent != c.sent || superseded != c.superseded {
					t.Errorf("%d sent, %d superseded", sent, superseded)
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v", err)
				}
				var wanted []string
				for _, i := range c.took {
					wanted = append(wanted, ids[i])
				}
				wantIDs(t, crmHook.took(), wanted)
				left := log.left()
				slices.Sort(left)
				if !slices.Equal(left, c.left) {
					t.Errorf("left %v, want %v", left, c.left)
				}
				if paused := log.cursor("crm").Paused; paused != (c.paused || c.name == "gone") {
					t.Errorf("paused: %v", paused)
				}
			})
		})
	}
}

// A letter that is superseded while the ones before it are being sent is not sent,
// however short a while ago that was.
func TestRetrySupersededMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com", "c@example.com")
		log.letEverythingDie()
		crmHook.answer = func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("webhook-id") == ids[0] {
				log.add("b@example.com")
			}
			return reply(200), nil
		}
		sent, superseded, err := newTestSender(t, crm(), log, crmHook).Retry(t.Context())
		if sent != 2 || superseded != 1 || err != nil || len(log.letters) != 0 {
			t.Errorf("%d sent, %d superseded, %v, left %v", sent, superseded, err, log.left())
		}
		wantIDs(t, crmHook.took(), []string{ids[0], ids[2]})
	})
}

// A letter on its way is not overtaken by a later event of its contact: the sender of
// another process, as the daemon is, waits until it is known what came of it.
func TestRetryBesideSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com")
		log.letEverythingDie()
		var arrived []string // in the order in which the endpoint was done with them
		crmHook.answer = func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("webhook-id") == ids[0] {
				time.Sleep(20 * time.Second) // a slow network
			}
			arrived = append(arrived, r.Header.Get("webhook-id"))
			return reply(200), nil
		}
		daemon := newTestSender(t, crm(), log, crmHook)
		stop := background(t, daemon)
		synctest.Wait()
		retried := make(chan error, 1)
		go func() {
			sent, _, err := newTestSender(t, crm(), log, crmHook).Retry(t.Context())
			if sent != 1 {
				t.Errorf("%d sent", sent)
			}
			retried <- err
		}()
		synctest.Wait() // the letter is on its way
		released := log.add("a@example.com")
		daemon.Wake()
		time.Sleep(time.Minute)
		if err := <-retried; err != nil {
			t.Error(err)
		}
		stop()
		wantIDs(t, arrived, append(ids, released...))
	})
}

// Where no turn is to be had, say for want of descriptors, events wait and the daemon
// lives.
func TestNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com")
		failing := true
		log.fail = func(op string) error {
			if op == "turn" && failing {
				return errors.New("too many open files")
			}
			return nil
		}
		stop := background(t, newTestSender(t, crm(), log, crmHook))
		synctest.Wait()
		if c := log.cursor("crm"); c.Attempts != 1 || !strings.Contains(c.LastError, "too many open files") {
			t.Errorf("cursor %+v", c)
		}
		log.mu.Lock()
		failing = false
		log.mu.Unlock()
		time.Sleep(time.Minute)
		stop()
		wantIDs(t, crmHook.took(), ids)
	})
}

// A retry that was stopped with its letter on the way keeps the turn: the daemon says
// so, lives, and goes on once the turn is free.
func TestTurnKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com")
		finish, err := log.Turn(t.Context(), "crm")
		if err != nil {
			t.Fatal(err)
		}
		stop := background(t, newTestSender(t, crm(), log, crmHook))
		time.Sleep(5 * time.Minute)
		if c := log.cursor("crm"); c.Attempts == 0 || !strings.Contains(c.LastError, "another process") {
			t.Errorf("cursor %+v", c)
		}
		finish()
		time.Sleep(2 * time.Hour)
		stop()
		wantIDs(t, crmHook.took(), ids)
	})
}

// Two who retry at the same time send a letter once.
func TestRetryTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		log.letEverythingDie()
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return reply(200), nil
		}
		sum := make(chan int, 2)
		for range 2 {
			go func() {
				sent, superseded, err := newTestSender(t, crm(), log, crmHook).Retry(t.Context())
				if err != nil || superseded != 0 {
					t.Errorf("%d superseded, %v", superseded, err)
				}
				sum <- sent
			}()
		}
		if n := <-sum + <-sum; n != 2 {
			t.Errorf("%d sent", n)
		}
		wantIDs(t, crmHook.took(), ids)
	})
}

// The whole story: refused, superseded by a release, retried. The contact must not
// end as do_not_email at the receiver.
func TestRefusedThenReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		first := log.add("a@example.com")
		crmHook.answer = always(400)
		s := newTestSender(t, crm(), log, crmHook)
		stop := background(t, s)
		synctest.Wait()
		crmHook.answer = nil
		released := log.add("a@example.com")
		s.Wake()
		synctest.Wait()
		stop()
		sent, superseded, err := s.Retry(t.Context())
		if sent != 0 || superseded != 1 || err != nil {
			t.Errorf("%d sent, %d superseded, %v", sent, superseded, err)
		}
		wantIDs(t, crmHook.took(), released)
		if crmHook.calls[0].id != first[0] || len(log.letters) != 0 {
			t.Errorf("%d calls, left %v", len(crmHook.calls), log.left())
		}
	})
}

// One that is refused again is not tried twice in one pass, however long that
// takes.
func TestRetryRefusedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com")
		log.letEverythingDie()
		crmHook.answer = func(r *http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second)
			if len(crmHook.calls) > len(ids) {
				return nil, errors.New("asked again and again")
			}
			return reply(422), nil
		}
		sent, superseded, err := newTestSender(t, crm(), log, crmHook).Retry(t.Context())
		if sent != 0 || superseded != 0 || err == nil || !strings.Contains(err.Error(), "2 refused again") || len(crmHook.calls) != 2 {
			t.Errorf("%d sent, %d superseded, %v, %d requests", sent, superseded, err, len(crmHook.calls))
		}
	})
}

// A stop that comes with the answer: what was taken is no dead letter any more.
func TestRetryStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		log.add("a@example.com", "b@example.com")
		log.letEverythingDie()
		ctx, cancel := context.WithCancel(t.Context())
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			cancel()
			return reply(200), nil
		}
		sent, _, err := newTestSender(t, crm(), log, crmHook).Retry(ctx)
		if sent != 1 || !errors.Is(err, context.Canceled) || !slices.Equal(log.left(), []int64{2}) {
			t.Errorf("%d sent, %v, left %v", sent, err, log.left())
		}
	})
}
