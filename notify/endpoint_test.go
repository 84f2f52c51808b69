package notify

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Endpoint)
		err    string // part of it; empty: none
	}{
		{"good", func(*Endpoint) {}, ""},
		{"plain http", func(e *Endpoint) { e.URL = "http://127.0.0.1:8080/hook" }, ""},
		{"two secrets", func(e *Endpoint) { e.Secrets = []string{secretA, secretB + "\n"} }, ""},
		{"no name", func(e *Endpoint) { e.Name = "" }, "no name"},
		{"no url", func(e *Endpoint) { e.URL = "" }, "url: missing"},
		{"other scheme", func(e *Endpoint) { e.URL = "ftp://crm.example.com/verysecret" }, "https://"},
		{"no scheme", func(e *Endpoint) { e.URL = "crm.example.com/verysecret" }, "https://"},
		{"no host", func(e *Endpoint) { e.URL = "https:///verysecret" }, "no host"},
		{"only a port", func(e *Endpoint) { e.URL = "https://:443/verysecret" }, "no host"},
		{"fragment", func(e *Endpoint) { e.URL = "https://crm.example.com/#verysecret" }, "#fragment"},
		{"password that must be encoded", func(e *Endpoint) { e.URL = "https://me:very/secret@crm.example.com/" }, "percent-encoded"},
		{"control character", func(e *Endpoint) { e.URL = "https://crm.example.com/\x7fverysecret" }, "percent-encoded"},
		{"no secret", func(e *Endpoint) { e.Secrets = nil }, "secrets: 0 given"},
		{"three secrets", func(e *Endpoint) { e.Secrets = []string{secretA, secretB, secretA} }, "secrets: 3 given"},
		{"no prefix", func(e *Endpoint) { e.Secrets = []string{"verysecret"} }, "secret 1: does not begin with whsec_"},
		{"no base64", func(e *Endpoint) { e.Secrets = []string{secretA, "whsec_very-secret"} }, "secret 2: what follows whsec_ is not base64"},
		{"short", func(e *Endpoint) { e.Secrets = []string{"whsec_dmVyeXNlY3JldA=="} }, "secret 1: 10 octets long"},
		{"unknown event", func(e *Endpoint) { e.Events = []bouncehound.EventType{"contact.gone"} }, `events: "contact.gone" is none of`},
		{"test event", func(e *Endpoint) { e.Events = []bouncehound.EventType{bouncehound.WebhookTest} }, "events: "},
		{"unknown start", func(e *Endpoint) { e.Start = "yesterday" }, `start: "yesterday"`},
		{"negative timeout", func(e *Endpoint) { e.Timeout = -1 }, "timeout: "},
		{"header name", func(e *Endpoint) { e.Headers = map[string]string{"X Y": "verysecret"} }, `"X Y" is no name`},
		{"header value", func(e *Endpoint) { e.Headers = map[string]string{"X-Y": "verysecret\r\nZ: 1"} }, "the value of X-Y"},
		{"our header", func(e *Endpoint) { e.Headers = map[string]string{"webhook-id": "verysecret"} }, "Webhook-Id cannot be set"},
		{"header twice", func(e *Endpoint) { e.Headers = map[string]string{"x-a": "verysecret", "X-A": "b"} }, "X-A is set twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := crm()
			e.Events = []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactOK}
			c.change(&e)
			s, err := New(e, &memory{}, nil)
			if c.err == "" {
				if err != nil || s == nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q in it", err, c.err)
			}
			for _, secret := range []string{"verysecret", "very/secret", "/secret", "very-secret", "dmVyeXNl", "very"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
		})
	}
}

// All that is wrong is told at once.
func TestNewTellsAll(t *testing.T) {
	_, err := New(Endpoint{Name: "crm", Start: "x"}, &memory{}, nil)
	for _, want := range []string{`webhook "crm"`, "url: missing", "secrets: 0", "start: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestWarnsOfPlainHTTP(t *testing.T) {
	for url, want := range map[string]bool{
		"http://crm.example.com/": true, "https://crm.example.com/": false,
		"http://localhost:80/": false, "http://127.0.0.9/": false, "http://[::1]:8080/": false, "http://10.0.0.1/": true,
	} {
		var out bytes.Buffer
		e := crm()
		e.URL = url
		if _, err := New(e, &memory{}, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "not encrypted"); got != want {
			t.Errorf("%s: %s", url, out.String())
		}
	}
}

// Whatever happens, the log tells what and when, but no secret and no address.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, crmHook := &memory{}, &hook{t: t}
		e := crm()
		e.URL = "https://robot:pa55word@crm.example.com/T00/B11?token=verysecret"
		e.Headers = map[string]string{"Authorization": "Bearer abcdefgh"}
		s := newTestSender(t, e, log, crmHook)
		s.logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		log.add("lena@example.com", "otto@example.com")
		stop := background(t, s)
		for _, status := range []int{500, 200, 422, 410} {
			crmHook.set(always(status, "X-Token", "verysecret"))
			log.add("lena@example.com")
			s.Wake()
			time.Sleep(2 * time.Hour)
		}
		stop()
		for _, want := range []string{"event held back", "answered 500", "takes events again", "refused and set aside", "paused until", "event sent"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in\n%s", want, out.String())
			}
		}
		for _, secret := range []string{"pa55word", "verysecret", "abcdefgh", secretA[6:], "B11", "lena", "otto", "@"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%q is in\n%s", secret, out.String())
			}
		}
	})
}
