package notify

import (
	"flag"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

// Every test binary takes -update, so that `go test ./... -update` works.
var update = flag.Bool("update", false, "rewrite the golden files")

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// An endpoint that is down for an hour gets every event, in order, once it is up.
func TestDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		log, crmHook := &memory{}, &hook{t: t}
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			if time.Since(begun) < time.Hour {
				return reply(503), nil
			}
			return reply(204), nil
		}
		ids := log.add("a@example.com", "b@example.com", "a@example.com")
		s := newTestSender(t, crm(), log, crmHook)
		stop := background(t, s)
		time.Sleep(30 * time.Minute)
		ids = append(ids, log.add("c@example.com")...)
		s.Wake() // must not make it knock at once
		time.Sleep(2 * time.Hour)
		stop()
		wantIDs(t, crmHook.took(), ids)
		if n := len(crmHook.calls) - len(ids); n < 7 || n > 16 {
			t.Errorf("%d attempts in the hour", n)
		}
		c := log.cursor("crm")
		if c.Sequence != 4 || c.Attempts != 0 || !c.NextAt.IsZero() || c.LastError != "" {
			t.Errorf("cursor %+v", c)
		}
	})
}

// What an answer means for the event and for those after it, over a week.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		fate   fate
	}{
		{200, taken}, {201, taken}, {202, taken}, {204, taken}, {299, taken},
		{400, refused}, {413, refused}, {422, refused},
		{410, gone},
		{301, held}, {302, held}, {303, held}, {304, held}, {307, held}, {308, held},
		{401, held}, {402, held}, {403, held}, {404, held}, {405, held}, {407, held}, {408, held}, {409, held}, {415, held},
		{418, held}, {429, held}, {451, held},
		{500, held}, {501, held}, {502, held}, {503, held}, {504, held}, {599, held}, {999, held},
	} {
		t.Run(http.StatusText(c.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, crmHook := &memory{}, &hook{t: t}
				first := log.add("a@example.com")[0]
				second := log.add("b@example.com")[0]
				crmHook.answer = func(r *http.Request) (*http.Response, error) {
					if r.Header.Get("webhook-id") == first {
						return reply(c.status, "Location", "https://other.example/"), nil
					}
					return reply(200), nil
				}
				runFor(t, newTestSender(t, crm(), log, crmHook), week)
				cur := log.cursor("crm")
				switch c.fate {
				case taken:
					wantIDs(t, crmHook.took(), []string{first, second})
				case refused:
					wantIDs(t, crmHook.took(), []string{second})
					if len(log.letters) != 1 || log.letters[0].Event.ID != first || log.letters[0].Consumer != "crm" || log.letters[0].Error == "" || log.letters[0].At.IsZero() {
						t.Errorf("dead letters %+v", log.letters)
					}
				case held:
					wantIDs(t, crmHook.took(), nil)
					if n := len(crmHook.calls); n < int(week/time.Hour) || n > 2*int(week/time.Hour)+10 {
						t.Errorf("%d attempts in a week", n)
					}
					if cur.Sequence != 0 || cur.LastError == "" || cur.NextAt.Before(time.Now()) {
						t.Errorf("cursor %+v", cur)
					}
				case gone:
					if len(crmHook.calls) != 1 || cur.Sequence != 0 || !cur.Paused || cur.LastError == "" {
						t.Errorf("%d requests, cursor %+v", len(crmHook.calls), cur)
					}
				}
				if c.fate != refused && len(log.letters) != 0 {
					t.Errorf("dead letters %+v", log.letters)
				}
				for _, call := range crmHook.calls {
					if call.where != crm().URL {
						t.Errorf("a request went to %s", call.where)
					}
				}
			})
		})
	}
}

// A paused endpoint gets nothing, through a restart and with new events, until
// someone resumes it; then it gets all, the event it answered 410 first.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t, answer: always(410)}
		ids := log.add("a@example.com")
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Hour)
		crmHook.answer = nil

		s := newTestSender(t, crm(), log, crmHook)
		stop := background(t, s)
		ids = append(ids, log.add("b@example.com")...)
		s.Wake()
		time.Sleep(week)
		if len(crmHook.calls) != 1 {
			t.Errorf("%d requests while paused", len(crmHook.calls)-1)
		}
		log.change("crm", func(c *bouncehound.Cursor) { c.Paused = false })
		s.Wake()
		synctest.Wait()
		stop()
		wantIDs(t, crmHook.took(), ids)
	})
}

// A failed attempt at one event holds up those after it, whatever they are.
func TestOrderUnderFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		var ids []string
		for range 3 * batch {
			ids = append(ids, log.add("a@example.com")...)
		}
		n := 0
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			if n++; n%3 != 0 {
				return reply(500), nil
			}
			return reply(200), nil
		}
		runFor(t, newTestSender(t, crm(), log, crmHook), week)
		wantIDs(t, crmHook.took(), ids)
	})
}

// One write for each event is enough: what one attempt came to and that the next
// begins are written together.
func TestWritesOncePerEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		for range batch {
			log.add("a@example.com")
		}
		crmHook.answer = func(*http.Request) (*http.Response, error) {
			if c := log.cursor("crm"); c.Attempts != 1 || !c.NextAt.After(time.Now()) || int(c.Sequence) != len(crmHook.calls)-1 {
				t.Errorf("request %d went out with cursor %+v", len(crmHook.calls), c)
			}
			return reply(200), nil
		}
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Minute)
		if log.saves != batch+1 || len(crmHook.took()) != batch {
			t.Errorf("%d writes for %d of %d events", log.saves, len(crmHook.took()), batch)
		}
	})
}

func TestStart(t *testing.T) {
	for start, want := range map[bouncehound.Start][]int{
		"":                         {4},
		bouncehound.StartNow:       {4},
		bouncehound.StartBeginning: {0, 1, 2, 3, 4},
		bouncehound.StartStandings: {1, 3, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			log, crmHook := &memory{}, &hook{t: t}
			ids := log.add("a@example.com", "b@example.com", "a@example.com", "a@example.com")
			e := crm()
			e.Start = start
			s := newTestSender(t, e, log, crmHook)
			stop := background(t, s)
			synctest.Wait()
			ids = append(ids, log.add("b@example.com")...)
			s.Wake()
			synctest.Wait()
			stop()
			var wanted []string
			for _, i := range want {
				wanted = append(wanted, ids[i])
			}
			wantIDs(t, crmHook.took(), wanted)
		})
	}
}

// Only the types asked for are sent, every contact.* where none is; the cursor
// passes the others, so that they can be forgotten some day.
func TestEventTypes(t *testing.T) {
	all := []bouncehound.EventType{
		bouncehound.ContactWatch, bouncehound.BounceRecorded, bouncehound.ContactDoNotEmail,
		bouncehound.ContactReleased, bouncehound.ContactOK, bouncehound.BounceRecorded,
	}
	for _, c := range []struct {
		events []bouncehound.EventType
		want   []int
	}{
		{nil, []int{0, 2, 3, 4}},
		{[]bouncehound.EventType{bouncehound.BounceRecorded}, []int{1, 5}},
		{[]bouncehound.EventType{bouncehound.ContactOK, bouncehound.ContactWatch}, []int{0, 4}},
	} {
		synctest.Test(t, func(t *testing.T) {
			log, crmHook := &memory{}, &hook{t: t}
			ids := log.add("a@example.com", "a@example.com", "a@example.com", "a@example.com", "a@example.com", "a@example.com")
			for i := range all {
				log.events[i].Type = all[i]
			}
			e := crm()
			e.Events = c.events
			runFor(t, newTestSender(t, e, log, crmHook), time.Minute)
			var wanted []string
			for _, i := range c.want {
				wanted = append(wanted, ids[i])
			}
			wantIDs(t, crmHook.took(), wanted)
			if cur := log.cursor("crm"); cur.Sequence != 6 {
				t.Errorf("cursor %+v", cur)
			}
		})
	}
}

// Nobody needs to listen, and one wake is as good as many.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		s := newTestSender(t, crm(), log, crmHook)
		for range 10 {
			s.Wake() // would be a deadlock, if it waited
		}
		ids := log.add("a@example.com")
		runFor(t, s, time.Second)
		wantIDs(t, crmHook.took(), ids)
	})
}
