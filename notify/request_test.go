package notify

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

// The body is the same over all attempts and holds the data to the byte; the id
// too; the timestamp and with it the signature are those of the attempt. (Each
// signature is checked by the library, in hook.)
func TestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t, answer: always(500)}
		at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.FixedZone("", 3600))
		data := `{"diagnostic":"<a&b> \u00fc ü  two spaces","n":1.0}`
		log.events = []bouncehound.Event{{Sequence: 1, ID: "evt_1", Type: bouncehound.ContactReleased, At: at, Data: []byte(data)}}
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Hour)
		first := crmHook.calls[0]
		if want := `{"type":"contact.released","timestamp":"2026-11-21T09:00:00Z","data":` + data + `}`; first.body != want {
			t.Errorf("sent %s, want %s", first.body, want)
		}
		if kind := first.h.Get("Content-Type"); kind != "application/json" || first.h.Get("User-Agent") != "bouncehound" {
			t.Errorf("headers %v", first.h)
		}
		stamps := map[string]bool{}
		for _, c := range crmHook.calls {
			if c.id != "evt_1" || c.body != first.body {
				t.Errorf("a later attempt sent %s as %s", c.body, c.id)
			}
			stamps[c.h.Get("webhook-timestamp")+c.h.Get("webhook-signature")] = true
		}
		if len(stamps) != len(crmHook.calls) || len(stamps) < 5 {
			t.Errorf("%d signatures for %d attempts", len(stamps), len(crmHook.calls))
		}
	})
}

// During a rotation a receiver with either secret is satisfied, and no other.
func TestTwoSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		log.add("a@example.com")
		e := crm()
		e.Secrets = []string{secretB, secretA}
		runFor(t, newTestSender(t, e, log, crmHook), time.Second)
		c := crmHook.calls[0]
		if n := strings.Count(c.h.Get("webhook-signature"), "v1,"); n != 2 {
			t.Errorf("%d signatures", n)
		}
		for secret, good := range map[string]bool{secretA: true, secretB: true, "whsec_Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj": false} {
			if err := verify(secret, []byte(c.body), c.h); (err == nil) != good {
				t.Errorf("%s: %v", secret, err)
			}
		}
		if err := verify(secretA, []byte(c.body+" "), c.h); err == nil {
			t.Error("a changed body has a valid signature")
		}
	})
}

func TestExtraHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memory{}
		var host string
		crmHook := &hook{t: t, answer: func(r *http.Request) (*http.Response, error) {
			host = r.Host
			return reply(200), nil
		}}
		log.add("a@example.com")
		e := crm()
		e.Headers = map[string]string{"authorization": "Bearer abcdefgh", "User-Agent": "ours/1", "host": "inner.example", "X-Idempotency-Key": "ours"}
		runFor(t, newTestSender(t, e, log, crmHook), time.Second)
		h := crmHook.calls[0].h
		if h.Get("Authorization") != "Bearer abcdefgh" || h.Get("User-Agent") != "ours/1" || h.Get("X-Idempotency-Key") != "ours" || host != "inner.example" {
			t.Errorf("headers %v, host %s", h, host)
		}
	})
}

// What cannot be sent at all must not hold up the rest for ever.
func TestDataIsNoJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		ids := log.add("a@example.com", "b@example.com", "c@example.com")
		log.events[0].Data = []byte(`{"email":`)
		log.events[1].Data = nil
		runFor(t, newTestSender(t, crm(), log, crmHook), time.Second)
		wantIDs(t, crmHook.took(), ids[1:])
		if _, _, data := dataOf(t, crmHook.calls[0].body); data != "null" {
			t.Errorf("data %s", data)
		}
		if len(log.letters) != 1 || log.letters[0].Event.ID != ids[0] {
			t.Errorf("dead letters %+v", log.letters)
		}
	})
}

// Errors of the network are kept for people, without the URL and without secrets.
func TestNetworkErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crmHook := &memory{}, &hook{t: t}
		log.add("a@example.com")
		e := crm()
		e.URL = "https://robot:pa55word@crm.example.com/hooks?token=verysecret"
		e.Headers = map[string]string{"Authorization": "Bearer abcdefgh"}
		crmHook.answer = func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("dial tcp: lookup crm.example.com: no such host; verysecret pa55word abcdefgh " + secretA)
		}
		runFor(t, newTestSender(t, e, log, crmHook), time.Second)
		want := "dial tcp: lookup crm.example.com: no such host; [secret] [secret] [secret] [secret]"
		if got := log.cursor("crm").LastError; got != want {
			t.Errorf("kept %q", got)
		}
	})
}

func FuzzCompose(f *testing.F) {
	f.Add(`{"email":"a@example.com"}`)
	f.Add(`"\u2028</script>"`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, data string) {
		body, err := standard{}.body(bouncehound.Event{Type: bouncehound.BounceRecorded, Data: []byte(data)}, time.Now())
		if err != nil {
			if data == "" || json.Valid([]byte(data)) {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		if kind, _, got := dataOf(t, string(body)); kind != "bounce.recorded" || data != "" && got != strings.Trim(data, " \t\r\n") {
			t.Errorf("%q became %s", data, got)
		}
	})
}
