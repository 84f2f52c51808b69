package web

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bouncehound"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A fake is a store with one contact, lena@example.com, and what was asked of it.
type fake struct {
	err   error
	stood []string
}

var (
	lena = bouncehound.Contact{
		Email: "lena@example.com", Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Status: "5.1.1", Diagnostic: "550 <no> such user", Bounces: 1,
		FirstBouncedAt: noon, LastBouncedAt: noon, Since: noon, Cause: bouncehound.CauseBounce, By: "ada", Note: "n", Standing: bouncehound.DoNotEmail,
	}
	hers = bouncehound.Bounce{
		ID: 7, Format: "dsn", MessageID: "<r@example.net>", ArrivedAt: noon, ReportingMTA: "mx.example.net",
		Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: "lena@example.com", Final: "l@example.net", Status: "5.1.1", Reply: 550, Diagnostic: "550 <no> such user", RemoteMTA: "mx"},
		Original:  bouncehound.Original{MessageID: "<o@example.org>", Subject: "News", Headers: map[string]string{"X-Contact-Id": "42"}},
		ContactID: "42", SentAt: noon,
		Verdict: bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Fault: bouncehound.FaultRecipient, SESType: "Permanent", SESSubtype: "General",
			Rule: "a/b", Matched: "no", Confidence: bouncehound.HighConfidence, Explanation: "E.", Advice: "A.", Retry: bouncehound.RetryNever},
	}
	flagged = bouncehound.Change{Email: "lena@example.com", Standing: bouncehound.DoNotEmail, Previous: bouncehound.OK, Since: noon, Cause: bouncehound.CauseBounce, Sequence: 2, Bounce: &hers}
)

func (f *fake) Contact(_ context.Context, address string) (History, bool, error) {
	if bouncehound.Key(address) != "lena@example.com" {
		return History{}, false, f.err
	}
	sent := Told{At: noon, ID: "evt_1", Type: bouncehound.ContactDoNotEmail, Sequence: 2, Webhook: "crm", State: "refused", Error: "422"}
	entry := bouncehound.Entry{Kind: bouncehound.EntryDomain, Value: "example.com", Since: noon, By: "ada", Note: "partner"}
	return History{lena, &entry, []bouncehound.Change{flagged}, []Told{sent}, []bouncehound.Bounce{hers}}, true, f.err
}

func (f *fake) Check(_ context.Context, addresses []string) (all []Checked, err error) {
	for _, a := range addresses {
		c := Checked{Email: a, Mail: true}
		switch bouncehound.Key(a) {
		case "lena@example.com":
			c.Mail, c.Contact = false, &lena
		case "x@never.example":
			c.Mail, c.Entry = false, &bouncehound.Entry{Kind: bouncehound.EntryDomain, Value: "never.example", Since: noon, By: "ada", Note: "n"}
		}
		all = append(all, c)
	}
	return all, f.err
}

func (f *fake) Bounces(_ context.Context, after int64, limit int) ([]bouncehound.Bounce, int64, error) {
	if after == 99 {
		return nil, 0, ErrGone
	}
	if after >= 7 {
		return nil, after, f.err
	}
	return []bouncehound.Bounce{hers}[:min(limit, 1)], 7, f.err
}

func (f *fake) Events(_ context.Context, after int64, types []bouncehound.EventType, _ int) (all []bouncehound.Event, upTo int64, err error) {
	if after == 99 {
		return nil, 0, ErrGone
	}
	bounce, _ := json.Marshal(hers)
	change, _ := json.Marshal(flagged)
	for _, e := range []bouncehound.Event{
		{Sequence: 1, ID: "evt_1", Type: bouncehound.BounceRecorded, At: noon, Data: bounce},
		{Sequence: 2, ID: "evt_2", Type: bouncehound.ContactDoNotEmail, At: noon, Data: change},
		{Sequence: 3, ID: "evt_3", Type: bouncehound.MailboxFailing, At: noon, Data: []byte(`{"mailbox":"bounces","since":"2026-11-21T12:00:00Z","failures":4,"error":"connect: refused","sequence":3}`)},
	} {
		if e.Sequence > after && (len(types) == 0 && e.Type == bouncehound.ContactDoNotEmail || slices.Contains(types, e.Type)) {
			all = append(all, e)
		}
	}
	return all, 2, f.err
}

func (f *fake) Stand(_ context.Context, address string, standing bouncehound.Standing, by, note string, force bool) (bouncehound.Contact, bool, error) {
	if address == "complained@example.com" && standing == bouncehound.OK && !force {
		return bouncehound.Contact{}, false, ErrRefused
	}
	f.stood = append(f.stood, address+" "+string(standing)+" "+by+" "+note)
	c := lena
	c.Email, c.Standing = address, standing
	return c, true, f.err
}

func (f *fake) Answers(context.Context) error { return f.err }

const token = "0123456789abcdef0123456789abcdef"

// ask sends a request to a handler: "METHOD target" and, after that, headers as
// "Name: value" and a body as "{…}".
func ask(t *testing.T, h http.Handler, request string, more ...string) *httptest.ResponseRecorder {
	t.Helper()
	method, target, _ := strings.Cut(request, " ")
	var body io.Reader
	for _, m := range more {
		if strings.HasPrefix(m, "{") {
			body = strings.NewReader(m)
		}
	}
	r := httptest.NewRequest(method, target, body)
	r.Host = "127.0.0.1:9464"
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, m := range more {
		if name, value, ok := strings.Cut(m, ": "); ok && !strings.HasPrefix(m, "{") {
			if r.Header.Set(name, value); name == "Host" {
				r.Host = value
			}
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func newHandler(f *fake, token string) http.Handler {
	return Handler(Options{Store: f, Metrics: NewMetrics("1", "abc"), Token: token})
}

// TestAccess: who may ask for what.
func TestAccess(t *testing.T) {
	open, locked := newHandler(&fake{}, ""), newHandler(&fake{}, token)
	bearer := "Authorization: Bearer " + token
	for _, c := range []struct {
		name    string
		h       http.Handler
		request string
		more    []string
		want    int
	}{
		{"on this machine", open, "GET /v1/bounces", nil, 200},
		{"by name", open, "GET /v1/bounces", []string{"Host: localhost:9464"}, 200},
		{"by name with a dot", open, "GET /v1/bounces", []string{"Host: LOCALHOST."}, 200},
		{"by IPv6", open, "GET /v1/bounces", []string{"Host: [::1]:9464"}, 200},
		{"a name that was made to lead here", open, "GET /v1/bounces", []string{"Host: evil.example"}, 421},
		{"and its metrics", open, "GET /metrics", []string{"Host: evil.example:9464"}, 421},
		{"a name that begins right", open, "GET /v1/bounces", []string{"Host: 127.0.0.1.evil.example"}, 421},
		{"no name", open, "GET /v1/bounces", []string{"Host: "}, 421},
		{"health needs none", open, "GET /healthz", []string{"Host: lb.example"}, 200},
		{"nothing is changed without a token", open, "POST /v1/do-not-email/lena@example.com", nil, 403},
		{"nor released", open, "DELETE /v1/do-not-email/lena@example.com", nil, 403},
		{"a token that nobody asked for helps nobody", open, "POST /v1/do-not-email/lena@example.com", []string{bearer}, 403},
		{"without the token", locked, "GET /v1/bounces", nil, 401},
		{"metrics too", locked, "GET /metrics", nil, 401},
		{"a wrong one", locked, "GET /v1/bounces", []string{"Authorization: Bearer x" + token[1:]}, 401},
		{"a shorter one", locked, "GET /v1/bounces", []string{"Authorization: Bearer " + token[:31]}, 401},
		{"an empty one", locked, "GET /v1/bounces", []string{"Authorization: Bearer "}, 401},
		{"another scheme", locked, "GET /v1/bounces", []string{"Authorization: Basic " + token}, 401},
		{"with it", locked, "GET /v1/bounces", []string{bearer}, 200},
		{"as others write it", locked, "GET /v1/bounces", []string{"Authorization: bearer " + token}, 200},
		{"from behind a proxy", locked, "GET /v1/bounces", []string{bearer, "Host: bounces.example.com"}, 200},
		{"health is open", locked, "GET /readyz", nil, 200},
		{"a change", locked, "POST /v1/do-not-email/lena@example.com", []string{bearer}, 200},
	} {
		w := ask(t, c.h, c.request, c.more...)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, w.Code, c.want, w.Body)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy": "no-referrer", "Access-Control-Allow-Origin": ""} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", c.name, name, got)
			}
		}
		if c.want == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: nothing says how", c.name)
		}
	}
}

// TestRequests: what is asked for wrongly is refused with a reason, and never repeated.
func TestRequests(t *testing.T) {
	f := &fake{}
	h := newHandler(f, token)
	many := `{"addresses":["a@example.com"` + strings.Repeat(`,"a@example.com"`, maxCheck-1) + `]}`
	for _, c := range []struct {
		request string
		body    string
		want    int
	}{
		{"GET /v1/contacts/Lena@EXAMPLE.com", "", 200},
		{"GET /v1/contacts/lena%40example.com", "", 200},
		{"GET /v1/contacts/nobody@example.com", "", 404},
		{"GET /v1/contacts/a%2Fb@example.com", "", 404},
		{"GET /v1/contacts/lena@example.com?verbose=1", "", 400},
		{"POST /v1/contacts/check", `{"addresses":["lena@example.com","x@never.example","ok@example.com"]}`, 200},
		{"POST /v1/contacts/check", `{"addresses":[]}`, 200},
		{"POST /v1/contacts/check", many, 200},
		{"POST /v1/contacts/check", strings.Replace(many, "[", `["b@example.com",`, 1), 413},
		{"POST /v1/contacts/check", `{"addresses":["` + strings.Repeat("a", maxBody) + `"]}`, 413},
		{"POST /v1/contacts/check", `{"adresses":[]}`, 400},
		{"POST /v1/contacts/check", `{"addresses":"lena@example.com"}`, 400},
		{"POST /v1/contacts/check", `{"addresses":[]}{}`, 400},
		{"POST /v1/contacts/check", `{"addresses":null}`, 400}, // as an application sends whose list was never made
		{"POST /v1/contacts/check", `{}`, 400},
		{"POST /v1/contacts/check", "", 415},
		{"GET /v1/contacts/check", "", 400}, // as an address
		{"GET /v1/contacts/lena%2540example.com", "", 400},
		{"GET /v1/contacts/lena+new%40example.com", "", 404},
		{"GET /v1//contacts/lena%40example.com", "", 404}, // and not somewhere else, with the address encoded twice
		{"GET //v1/bounces", "", 404},
		{"GET /v1/x/../bounces", "", 404},
		{"GET /v1/bounces/", "", 404},
		{"GET /v1/bounces?after=7&limit=1000", "", 200},
		{"GET /v1/bounces?after=-1", "", 400},
		{"GET /v1/bounces?after=x", "", 400},
		{"GET /v1/bounces?after=99", "", 410},
		{"GET /v1/bounces?limit=0", "", 400},
		{"GET /v1/bounces?limit=1001", "", 400},
		{"GET /v1/bounces?afer=7", "", 400},
		{"GET /v1/bounces?after=%zz", "", 400},
		{"GET /v1/events", "", 200},
		{"GET /v1/events?after=1&type=contact.ok&type=contact.released", "", 200},
		{"GET /v1/events?type=contact.gone", "", 400},
		{"GET /v1/events?after=99", "", 410},
		{"POST /v1/do-not-email/new@example.com", `{"by":"crm","note":"asked"}`, 200},
		{"POST /v1/do-not-email/%22a%20b%22@example.com", "", 200},
		{"POST /v1/do-not-email/new@example.com", `{"by":1}`, 400},
		{"POST /v1/do-not-email/new@example.com", `{"note":"` + strings.Repeat("n", maxNote+1) + `"}`, 400},
		{"POST /v1/do-not-email/nonsense", "", 400},
		{"POST /v1/do-not-email/a%20b@example.com", "", 400},
		{"POST /v1/do-not-email/a@b%20c", "", 400},
		{"POST /v1/do-not-email/a@b%0d%0ac", "", 400},
		{"POST /v1/do-not-email/Lena%20%3Ca@example.com%3E", "", 400},
		{"DELETE /v1/do-not-email/lena@example.com", "", 200},
		{"DELETE /v1/do-not-email/complained@example.com", "", 409},
		{"DELETE /v1/do-not-email/complained@example.com?force=true", "", 200},
		{"DELETE /v1/do-not-email/complained@example.com?force=yes", "", 400},
		{"DELETE /v1//do-not-email/lena@example.com", "", 404},
		{"GET /v1/do-not-email/lena@example.com", "", 405},
		{"PUT /v1/bounces", "", 405},
		{"GET /", "", 404},
		{"GET /v2/contacts", "", 404},
	} {
		more := []string{"Authorization: Bearer " + token}
		if c.body != "" {
			more = append(more, c.body)
		}
		w := ask(t, h, c.request, more...)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %.200s", c.request, w.Code, c.want, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s: %q", c.request, kind)
		}
		var told failure
		if err := json.Unmarshal(w.Body.Bytes(), &told); w.Code >= 400 && (err != nil || told.Error == "" || strings.Contains(told.Error+told.Hint, "example.com")) {
			t.Errorf("%s: %s, %v", c.request, w.Body, err)
		}
	}
	want := []string{"new@example.com do_not_email crm asked", `"a b"@example.com do_not_email api `, "lena@example.com ok api ", "complained@example.com ok api "}
	if !slices.Equal(f.stood, want) {
		t.Errorf("changed %q, want %q", f.stood, want)
	}
}

// TestBroken: a store that fails is told as such, and why goes to the log alone,
// without an address.
// TestNoMarkup: whatever a stranger wrote, and whoever asks for what, an answer is JSON that
// a browser does not take for anything else, and without markup if it did.
func TestNoMarkup(t *testing.T) {
	h := newHandler(&fake{}, "secret")
	const script = "<script>alert(1)</script>"
	seen := 0
	for _, c := range [][]string{
		{"GET /v1/contacts/lena@example.com"}, {"GET /v1/bounces"}, {"GET /v1/events"}, {"GET /v1/contacts/" + url.PathEscape(script)},
		{"POST /v1/contacts/check", `{"addresses":["` + script + `@example.com"]}`}, {"POST /v1/do-not-email/lena@example.com", `{"note":"` + script + `"}`},
		{"POST /v1/do-not-email/" + url.PathEscape(script)}, {"GET /v1/bounces?after=" + url.QueryEscape(script)}, {"GET /v1/events?types=" + url.QueryEscape(script)},
		{"GET /" + url.PathEscape(script)}, {"PUT /v1/bounces"}, {"POST /v1/contacts/check", `{"` + script + `":1}`},
	} {
		for _, token := range []string{"Authorization: Bearer secret", "Authorization: " + script} {
			w := ask(t, h, c[0], append(c[1:], token)...)
			body := w.Body.String()
			if kind := w.Header().Get("Content-Type"); kind != "application/json" || w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s: %v", c[0], w.Header())
			}
			if strings.ContainsAny(body, "<>") || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: %s", c[0], body)
			}
			seen += strings.Count(body, `\u003c`)
			for name, values := range w.Header() {
				if strings.Contains(strings.Join(values, ""), "script") {
					t.Errorf("%s: %s: %q", c[0], name, values)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nothing had markup in it")
	}
}

func TestBroken(t *testing.T) {
	var logged strings.Builder
	f := &fake{err: errors.New("disk I/O error")}
	h := Handler(Options{Store: f, Metrics: NewMetrics("1", "abc"), Log: slog.New(slog.NewTextHandler(&logged, nil))})
	for request, want := range map[string]int{"GET /v1/contacts/lena@example.com": 500, "GET /v1/bounces": 500, "GET /v1/events": 500, "GET /healthz": 503, "GET /readyz": 503} {
		w := ask(t, h, request)
		if w.Code != want || strings.Contains(w.Body.String(), "disk") {
			t.Errorf("%s: %d %s", request, w.Code, w.Body)
		}
	}
	if !strings.Contains(logged.String(), "disk I/O error") || strings.Contains(logged.String(), "lena") {
		t.Errorf("logged\n%s", logged.String())
	}
}

// TestHealthy: a part of the daemon that stands still is named.
func TestHealthy(t *testing.T) {
	var late []string
	h := Handler(Options{Store: &fake{}, Metrics: NewMetrics("1", "abc"), Late: func() []string { return late }})
	if w := ask(t, h, "GET /healthz"); w.Code != 200 || w.Body.String() != "{\"status\":\"ok\"}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	late = []string{"retention", "watch"}
	if w := ask(t, h, "GET /healthz"); w.Code != 503 || w.Body.String() != "{\"status\":\"failing\",\"late\":[\"retention\",\"watch\"]}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestReady: the program is ready when a poll of each mailbox has ended, well or not,
// and those that are new after a reload are waited for.
func TestReady(t *testing.T) {
	m := NewMetrics("1", "abc")
	h := Handler(Options{Store: &fake{}, Metrics: m})
	ready := func(want int, waiting string) {
		t.Helper()
		if w := ask(t, h, "GET /readyz"); w.Code != want || !strings.Contains(w.Body.String(), waiting) {
			t.Errorf("%d %s, want %d %s", w.Code, w.Body, want, waiting)
		}
	}
	m.Begin([]string{"a", "b"}, nil)
	ready(503, `"waiting":["a","b"]`)
	m.Polled("a", time.Second, noon, true)
	ready(503, `"waiting":["b"]`)
	m.Polled("b", time.Second, noon, false)
	ready(200, `"ok"`)
	m.Begin([]string{"b", "c"}, nil)
	ready(503, `"waiting":["c"]`)
}

// TestTooMany: more than so many requests at once are turned away.
func TestTooMany(t *testing.T) {
	h := newHandler(&fake{}, "").(*handler)
	for range atOnce {
		h.room <- struct{}{}
	}
	if w := ask(t, h, "GET /healthz"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	<-h.room
	if w := ask(t, h, "GET /healthz"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestServe: it answers, and ends with its context.
func TestServe(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ln, newHandler(&fake{}, "")) }()
	answer, err := http.Get("http://" + ln.Addr().String() + "/v1/contacts/lena@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var h History
	if err := json.NewDecoder(answer.Body).Decode(&h); err != nil || h.Contact.Email != "lena@example.com" {
		t.Errorf("%+v, %v", h, err)
	}
	answer.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + ln.Addr().String() + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

// A closing listener notes that it was closed.
type closing struct {
	net.Listener
	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return c.Listener.Close()
}

// TestServeAtTheEnd: also where its context ends as it begins it is done with the listener
// once it has returned: another may be serving there by then.
func TestServeAtTheEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := &closing{Listener: ln}
		if err := Serve(ctx, c, newHandler(&fake{}, "")); err != nil {
			t.Fatal(err)
		}
		if !c.closed.Load() {
			t.Fatal("it is to be closed yet")
		}
	}
}
