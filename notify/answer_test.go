package notify

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		field, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{" 120 ", "", 2 * time.Minute},
		{"0", "", time.Second},
		{"86400", "", day},
		{"86401", "", day},
		{"4294967296", "", day},
		{"99999999999999999999999", "", day},
		{"-5", "", 0},
		{"1.5", "", 0},
		{"soon", "", 0},
		{"Sat, 21 Nov 2026 12:30:00 GMT", "", 30 * time.Minute},
		{"Saturday, 21-Nov-26 12:30:00 GMT", "", 30 * time.Minute},
		{"Sat Nov 21 12:30:00 2026", "", 30 * time.Minute},
		{"Sat, 21 Nov 2026 11:30:00 GMT", "", 0},
		{"Tue, 21 Nov 2028 11:30:00 GMT", "", day},
		{"Sun, 21 Nov 2021 12:30:00 GMT", "Sun, 21 Nov 2021 12:00:00 GMT", 30 * time.Minute}, // its clock is five years behind
		{"Sun, 21 Nov 2021 12:30:00 GMT", "yesterday", 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.field)
		h.Set("Date", c.date)
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("%q with date %q: %v, want %v", c.field, c.date, got, c.want)
		}
	}
}

// The wait that an endpoint asks for is kept to the second, by whatever status.
func TestRetryAfterIsHonoured(t *testing.T) {
	for _, status := range []int{429, 503, 500, 401, 302} {
		for field, want := range map[string]time.Duration{
			"1":       time.Second,
			"5000":    5000 * time.Second,
			"604800":  day,
			"garbage": 0,
		} {
			synctest.Test(t, func(t *testing.T) {
				log, crmHook := &memory{}, &hook{t: t}
				log.add("a@example.com")
				crmHook.answer = func(*http.Request) (*http.Response, error) {
					if len(crmHook.calls) == 1 {
						return reply(status, "Retry-After", field), nil
					}
					return reply(200), nil
				}
				runFor(t, newTestSender(t, crm(), log, crmHook), 2*day)
				if len(crmHook.calls) != 2 {
					t.Fatalf("%d %s: %d requests", status, field, len(crmHook.calls))
				}
				gap := crmHook.calls[1].at.Sub(crmHook.calls[0].at)
				if want != 0 && gap.Round(time.Second) != want || want == 0 && (gap < firstBackoff/2 || gap > firstBackoff) {
					t.Errorf("%d %s: tried again after %v", status, field, gap)
				}
			})
		}
	}
}

func TestBackoff(t *testing.T) {
	for attempts := range 200 {
		most := lastBackoff
		if attempts < 10 {
			most = min(lastBackoff, firstBackoff<<max(attempts-1, 0))
		}
		seen := map[time.Duration]bool{}
		for range 20 {
			d := backoff(attempts)
			if d <= most/2 || d > most {
				t.Errorf("after %d attempts %v, want above %v up to %v", attempts, d, most/2, most)
			}
			seen[d] = true
		}
		if len(seen) < 2 {
			t.Errorf("after %d attempts there is no jitter", attempts)
		}
	}
}

// What an answer says is kept for people: short, on one line, without addresses
// and secrets, and no web pages.
func TestExcerpt(t *testing.T) {
	e := crm()
	e.Headers = map[string]string{"X-Key": "very/secret"}
	s := newTestSender(t, e, nil, nil)
	for _, c := range []struct{ kind, text, want string }{
		{"application/json", `{"error": "no contact: lena@example.com"}`, `answered 422 Unprocessable Entity: {"error": "no contact: [address]"}`},
		{"text/plain; charset=utf-8", "no\r\n such\x00 \x1b[31m<Lena.O'Neil+x@münchen.example>", "answered 422 Unprocessable Entity: no such [31m<[address]>"},
		{"application/problem+json", `{"to":"lena%40example.com"}`, `answered 422 Unprocessable Entity: {"to":"[address]"}`},
		{"text/plain", "bad token verysecret or " + secretA, "answered 422 Unprocessable Entity: bad token [secret] or [secret]"},
		{"application/json", `{"to":"lena\u0040example.com"}`, `answered 422 Unprocessable Entity: {"to":"[address]"}`},
		{"application/json", `{"to":"lena\u002bx\u0040example.com"}`, `answered 422 Unprocessable Entity: {"to":"[address]"}`},
		{"application/json", `{"key":"very\/secret"}`, `answered 422 Unprocessable Entity: {"key":"[secret]"}`},
		// Cut where a secret or an address stands.
		{"text/plain", strings.Repeat("é", 195) + "verysecret", "answered 422 Unprocessable Entity: " + strings.Repeat("é", 195) + "[secr…"},
		{"text/plain", strings.Repeat(" ", 796) + "lena@example.com", "answered 422 Unprocessable Entity: [address]"},
		{"text/plain", strings.Repeat(" ", maxAnswer-4) + "lena@example.com", "answered 422 Unprocessable Entity"},
		{"text/plain", "\xff\xfe", "answered 422 Unprocessable Entity"},
		{"text/plain", strings.Repeat("é", 1000), "answered 422 Unprocessable Entity: " + strings.Repeat("é", 200) + "…"},
		{"text/html", "<h1>Unprocessable</h1>", "answered 422 Unprocessable Entity"},
		{"", "hello", "answered 422 Unprocessable Entity"},
	} {
		resp := reply(422, "Content-Type", c.kind)
		resp.Body = io.NopCloser(strings.NewReader(c.text))
		if got := s.judge(resp).err.Error(); got != c.want {
			t.Errorf("%q gives %q, want %q", c.text, got, c.want)
		}
	}
	resp := reply(422, "Content-Type", "text/plain", "Content-Encoding", "gzip") // nobody asked for that
	resp.Body = io.NopCloser(strings.NewReader("\x1f\x8b\x08>rkK*NSI"))
	if got := s.judge(resp).err.Error(); got != "answered 422 Unprocessable Entity" {
		t.Errorf("of what is compressed %q", got)
	}
}

// An endless answer is read only so far, and one that breaks off is judged by its
// status.
func TestAnswerIsBounded(t *testing.T) {
	s := newTestSender(t, crm(), nil, nil)
	for _, status := range []int{200, 500} {
		endless := &counter{}
		resp := reply(status, "Content-Type", "text/plain")
		resp.Body = endless
		o := s.judge(resp)
		if o.fate != fateOf(status) || endless.n > maxAnswer || !endless.closed {
			t.Errorf("%d: %+v after %d octets, closed: %v", status, o, endless.n, endless.closed)
		}
		resp = reply(status)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))
		if o := s.judge(resp); o.fate != fateOf(status) {
			t.Errorf("%d, broken off: %+v", status, o)
		}
	}
}

type counter struct {
	n      int
	closed bool
}

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	c.n += len(p)
	return len(p), nil
}

func (c *counter) Close() error {
	c.closed = true
	return nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
