package notify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A week with an endpoint that fails in every way at random, hangs, asks to be left
// alone for a while or for good, refuses an event once, takes events and dies before it
// says so, and with a daemon that is restarted. Every event arrives or is set aside;
// first arrivals are in order; one id is one body for ever; nobody who asked to be left
// alone is bothered; and another endpoint of the same log never waits.
func TestWeek(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { liveAWeek(t, seed) })
		})
	}
}

func liveAWeek(t *testing.T, seed uint64) {
	// One source for each of the two goroutines.
	random, world := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	log, good := &memory{}, &hook{t: t}
	bad := &hook{t: t}
	seen := map[string]bool{} // ids that reached the receiver's own store
	var order []string        // in which they did first
	receive := func(id string) {
		if !seen[id] {
			seen[id] = true
			order = append(order, id)
		}
	}
	refusedOnce := map[string]bool{}
	var outage time.Time
	alone := &quiet{}
	paused, waited := 0, 0
	bad.answer = func(r *http.Request) (*http.Response, error) {
		id := r.Header.Get("webhook-id")
		if err := alone.disturbed(time.Now()); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if time.Now().Before(outage) {
			return nil, errors.New("connection refused")
		}
		switch random.IntN(16) {
		case 0:
			return hangs(r)
		case 1:
			seconds := random.IntN(4000)
			alone.until(time.Now().Add(time.Duration(seconds) * time.Second))
			waited++
			return reply(429, "Retry-After", strconv.Itoa(seconds)), nil
		case 2:
			if random.IntN(4) == 0 && !seen[id] {
				refusedOnce[id] = true
				return reply(400), nil
			}
			return reply(500), nil
		case 3:
			receive(id) // it died before it could say so
			return nil, errors.New("connection reset by peer")
		case 4:
			return reply([]int{301, 401, 403, 404, 502, 503}[random.IntN(6)]), nil
		case 5:
			if random.IntN(20) == 0 {
				outage = time.Now().Add(time.Duration(random.IntN(12)) * time.Hour)
			}
		case 6:
			time.Sleep(time.Duration(random.IntN(20)) * time.Second)
		case 7:
			if random.IntN(10) == 0 {
				alone.forGood()
				paused++
				return reply(410), nil
			}
		}
		receive(id)
		return reply(200), nil
	}
	quick := crm()
	quick.Name = "quick"
	goodSender := newTestSender(t, quick, log, good)
	stopGood := background(t, goodSender)
	s := newTestSender(t, crm(), log, bad)
	stop := background(t, s)
	resume := func() { // as a person does who mended the endpoint
		if !log.cursor("crm").Paused {
			return
		}
		alone.until(time.Time{})
		if _, err := s.Resume(t.Context()); err != nil {
			t.Error(err)
		}
		s.Wake()
	}

	var ids []string
	for hour := range 7 * 24 {
		for range world.IntN(4) {
			ids = append(ids, log.add(fmt.Sprintf("c%d@example.com", world.IntN(20)))...)
		}
		s.Wake()
		goodSender.Wake()
		time.Sleep(time.Duration(1+world.IntN(3599)) * time.Second)
		if len(good.took()) != len(ids) {
			t.Errorf("hour %d: the other endpoint has %d of %d events", hour, len(good.took()), len(ids))
		}
		if world.IntN(4) == 0 {
			resume()
		}
		if world.IntN(6) == 0 { // the daemon is restarted
			stop()
			s = newTestSender(t, crm(), log, bad)
			stop = background(t, s)
		}
	}
	time.Sleep(2 * day) // the last outage and the last wait end
	bad.set(func(r *http.Request) (*http.Response, error) {
		receive(r.Header.Get("webhook-id"))
		return reply(200), nil
	})
	resume()
	time.Sleep(week)
	stop()
	stopGood()

	if paused == 0 || waited == 0 || len(refusedOnce) == 0 {
		t.Errorf("too easy a week: %d times paused, %d times asked to wait, %d refused", paused, waited, len(refusedOnce))
	}
	if c := log.cursor("crm"); c.Sequence != log.last() || c.Attempts != 0 {
		t.Errorf("cursor %+v", c)
	}
	wantIDs(t, good.took(), ids)
	dead := map[string]bool{}
	for _, d := range log.letters {
		dead[d.Event.ID] = true
		if !refusedOnce[d.Event.ID] {
			t.Errorf("%s was set aside and never refused", d.Event.ID)
		}
	}
	var wanted []string
	for _, id := range ids {
		if !seen[id] && !dead[id] {
			t.Errorf("%s is lost", id)
		}
		if seen[id] {
			wanted = append(wanted, id)
		}
	}
	if !slices.Equal(order, wanted) {
		t.Errorf("first arrivals out of order:\n%v\nwant\n%v", order, wanted)
	}
	bodies := map[string]string{}
	for _, c := range bad.calls {
		if before, ok := bodies[c.id]; ok && before != c.body {
			t.Errorf("%s had two bodies", c.id)
		}
		bodies[c.id] = c.body
	}
	checkRetry(t, s, log, bad)
}

// A quiet is what an endpoint asked for that wants to be left alone.
type quiet struct {
	mu   sync.Mutex
	to   time.Time
	gone bool
}

func (q *quiet) until(to time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.to, q.gone = to, false
}

func (q *quiet) forGood() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
}

// disturbed says whether somebody calls all the same. Stored times end with the
// millisecond.
func (q *quiet) disturbed(now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.gone:
		return errors.New("called after a 410")
	case now.Before(q.to.Add(-time.Millisecond)):
		return fmt.Errorf("called %v before Retry-After was over", q.to.Sub(now))
	}
	return nil
}

// checkRetry sends the week's dead letters again: all are gone then, and none that
// a later event overtook was sent.
func checkRetry(t *testing.T, s *Sender, log *memory, bad *hook) {
	before := len(bad.calls)
	want := map[string]bool{}
	superseded := 0
	for _, d := range log.letters {
		if log.later(d.Event, log.last()) {
			superseded++
		} else {
			want[d.Event.ID] = true
		}
	}
	sent, dropped, err := s.Retry(t.Context())
	if err != nil || sent != len(want) || dropped != superseded || len(log.letters) != 0 {
		t.Errorf("retry: %d sent, %d superseded, %v, %d left; want %d and %d", sent, dropped, err, len(log.letters), len(want), superseded)
	}
	for _, c := range bad.calls[before:] {
		if !want[c.id] {
			t.Errorf("retry sent %s", c.id)
		}
	}
}
