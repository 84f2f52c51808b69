package poller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound/poller"
)

// A tokenServer is a token endpoint that does as it is told: answers, one after the
// other, the last one again and again. Without any it hands out access-1, access-2, …
// for an hour each. It is an http.Handler, and a transport of its own, so that in a
// bubble time passes while it is slow.
type tokenServer struct {
	mu       sync.Mutex
	answers  []answer
	requests []url.Values
	headers  []http.Header
	paths    []string
}

type answer struct {
	code int // 0: 200
	body string
	kind string        // Content-Type; empty: application/json
	slow time.Duration // before the answer
	err  error         // instead of an answer, as a transport only
}

func (s *tokenServer) next(r *http.Request) answer {
	text, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, form)
	s.headers = append(s.headers, r.Header)
	s.paths = append(s.paths, r.URL.Path)
	if len(s.answers) == 0 {
		return answer{body: fmt.Sprintf(`{"token_type":"Bearer","expires_in":3600,"access_token":"access-%d"}`, len(s.requests))}
	}
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return a
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.next(r)
	if a.kind == "" {
		a.kind = "application/json"
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Location", "http://127.0.0.1:1/elsewhere") // of a redirect only
	if a.code != 0 {
		w.WriteHeader(a.code)
	}
	_, _ = io.WriteString(w, a.body)
}

func (s *tokenServer) RoundTrip(r *http.Request) (*http.Response, error) {
	a := s.next(r)
	select {
	case <-time.After(a.slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	w := httptest.NewRecorder()
	(&tokenServer{answers: []answer{a}}).ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	return w.Result(), nil
}

func (s *tokenServer) last() url.Values { return s.requests[len(s.requests)-1] }

// source is an application with a secret at this server.
func (s *tokenServer) source() *poller.OAuth2 {
	return &poller.OAuth2{
		Flow: poller.FlowClientCredentials, Name: "bounces", Username: "bounces@example.com",
		ClientID: "client", ClientSecret: password("cl13nts3cr3t"),
		TokenURL: "https://login.example/token", Scopes: []string{"imap", "more"}, Transport: s,
	}
}

// wantToken wants a token, or an error if want is empty.
func wantToken(t *testing.T, o *poller.OAuth2, refused, want string) error {
	t.Helper()
	got, err := o.Token(t.Context(), refused)
	if got != want || (err == nil) != (want != "") {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
	return err
}

func TestClientCredentials(t *testing.T) {
	s := &tokenServer{}
	server := httptest.NewServer(s)
	defer server.Close()
	o := s.source()
	o.Transport, o.TokenURL = nil, server.URL+"/tenant/oauth2/v2.0/token"
	wantToken(t, o, "", "access-1")
	want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"client"}, "client_secret": {"cl13nts3cr3t"}, "scope": {"imap more"}}
	if got := s.last(); got.Encode() != want.Encode() || s.headers[0].Get("Authorization") != "" || s.paths[0] != "/tenant/oauth2/v2.0/token" {
		t.Errorf("got %v, %v, %v", got, s.headers, s.paths)
	}
	if at := time.Until(o.Expires()); at < 59*time.Minute || at > time.Hour {
		t.Errorf("ends in %v", at)
	}
}

// A custom provider is asked as the RFC has it, and if it does not like that as most
// others want it.
func TestProbe(t *testing.T) {
	s := &tokenServer{answers: []answer{{code: 401, body: `{"error":"invalid_client"}`}, {body: `{"access_token":"a"}`}}}
	o := s.source()
	o.Probe = true
	wantToken(t, o, "", "a")
	if user, secret, _ := (&http.Request{Header: s.headers[0]}).BasicAuth(); user != "client" || secret != "cl13nts3cr3t" {
		t.Errorf("got %q, %q", user, secret)
	}
	if s.requests[0].Has("client_secret") || s.last().Get("client_secret") != "cl13nts3cr3t" {
		t.Errorf("got %v", s.requests)
	}
}

// A token is kept while it is good, and renewed before its end, or when refused.
func TestTokenIsRenewed(t *testing.T) {
	inBubble(t, "before its end", func(t *testing.T) {
		s := &tokenServer{}
		o := s.source()
		wantToken(t, o, "", "access-1")
		time.Sleep(55*time.Minute - time.Second)
		wantToken(t, o, "", "access-1")
		time.Sleep(time.Second)
		wantToken(t, o, "", "access-2")
		wantToken(t, o, "", "access-2")
		wantToken(t, o, "access-1", "access-2") // an older one, which it is not any more
		wantToken(t, o, "access-2", "access-3")
		if len(s.requests) != 3 {
			t.Errorf("asked %d times", len(s.requests))
		}
	})
	inBubble(t, "the endpoint is down", func(t *testing.T) {
		var log bytes.Buffer
		s := &tokenServer{answers: []answer{{body: `{"access_token":"a","expires_in":3600}`}, {code: 503}}}
		o := s.source()
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		wantToken(t, o, "", "a")
		time.Sleep(58 * time.Minute)
		wantToken(t, o, "", "a")
		if !strings.Contains(log.String(), "could not be renewed") {
			t.Errorf("logged %s", log.String())
		}
		wantError(t, wantToken(t, o, "a", ""), "login", "next poll")
		time.Sleep(2 * time.Minute)
		wantError(t, wantToken(t, o, "", ""), "login", "next poll")
	})
	inBubble(t, "its end is not told", func(t *testing.T) {
		s := &tokenServer{answers: []answer{{body: `{"access_token":"a"}`}, {body: `{"access_token":"b"}`}}}
		o := s.source()
		wantToken(t, o, "", "a")
		wantToken(t, o, "", "b")
	})
	inBubble(t, "it ends at once", func(t *testing.T) {
		s := &tokenServer{answers: []answer{{body: `{"access_token":"a","expires_in":60}`}, {body: `{"access_token":"b","expires_in":"60"}`}}}
		o := s.source()
		wantToken(t, o, "", "a")
		wantToken(t, o, "", "b")
	})
}

// A certificate that nobody signed is refused, and said to be so.
func TestTokenEndpointIsChecked(t *testing.T) {
	s := &tokenServer{}
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	o := s.source()
	o.Transport, o.TokenURL = nil, server.URL
	wantError(t, wantToken(t, o, "", ""), "login", "signed by nobody")
	if len(s.requests) != 0 {
		t.Error("it was sent the secret")
	}
}

// What endpoints answer that give no token, what is said of it, and what is not.
func TestTokenRefused(t *testing.T) {
	microsoft := func(code string, text string) answer {
		body, _ := json.Marshal(map[string]any{"error": "invalid_client", "error_description": code + ": " + text + " Trace ID: 1\r\nCorrelation ID: 2", "error_codes": []int{1}})
		return answer{code: 401, body: string(body)}
	}
	for name, c := range map[string]struct {
		answer     answer
		text, hint string
	}{
		"a wrong secret":        {microsoft("AADSTS7000215", "Invalid client secret provided."), "AADSTS7000215: Invalid", "not its id"},
		"an expired secret":     {microsoft("AADSTS7000222", "The provided client secret keys are expired."), "AADSTS7000222", "has expired"},
		"an unknown app":        {microsoft("AADSTS700016", "Application not found"), "AADSTS700016", "client_id"},
		"an unknown tenant":     {microsoft("AADSTS90002", "Tenant not found"), "AADSTS90002", "tenant"},
		"consent missing":       {microsoft("AADSTS65001", "has not consented"), "AADSTS65001", "admin consent"},
		"conditional access":    {microsoft("AADSTS53003", "blocked by"), "AADSTS53003", "conditional access"},
		"MFA":                   {microsoft("AADSTS50076", "must use multi-factor"), "AADSTS50076", "second factor"},
		"an old sign-in":        {microsoft("AADSTS700082", "The refresh token has expired due to inactivity."), "AADSTS700082", "bouncehound auth bounces"},
		"a registered device":   {microsoft("AADSTS530003", "device"), "AADSTS530003", "registered device"},
		"an unknown number":     {microsoft("AADSTS99", "no idea"), "invalid_client: AADSTS99", "client_secret_file"},
		"invalid_grant":         {answer{code: 400, body: `{"error":"invalid_grant"}`}, "invalid_grant", "bouncehound auth bounces"},
		"Google's revoked":      {answer{code: 400, body: `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`}, "revoked", "7 days"},
		"no delegation":         {answer{code: 401, body: `{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}`}, "unauthorized_client", "Domain-wide delegation"},
		"a form":                {answer{code: 400, kind: "application/x-www-form-urlencoded", body: "error=invalid_scope"}, "invalid_scope", "scopes"},
		"an error with 200":     {answer{body: `{"error":"invalid_scope"}`}, "invalid_scope", "scopes"},
		"down":                  {answer{code: 503, kind: "text/html", body: "<html>" + strings.Repeat("x", 1000)}, "503 Service Unavailable", "next poll"},
		"not there":             {answer{code: 404, kind: "text/html", body: "nothing here"}, "404 Not Found: nothing here", "tenant"},
		"elsewhere":             {answer{code: 302, body: "{}"}, "302 Found", "sends elsewhere"},
		"no JSON":               {answer{kind: "text/html", body: "<html>"}, "cannot parse json", ""},
		"half of it":            {answer{body: `{"access_token":"t0ps3cr3t`}, "cannot parse json", ""},
		"no token":              {answer{body: `{"expires_in":3600}`}, "missing access_token", ""},
		"of another type":       {answer{body: `{"access_token":7}`}, "cannot parse json", ""},
		"huge":                  {answer{body: `{"access_token":"` + strings.Repeat("a", 70<<10) + `"}`}, "longer than 65536 octets", ""},
		"huge and refused":      {answer{code: 400, body: strings.Repeat("a", 1<<20)}, "longer than 65536 octets", ""},
		"a long text":           {answer{code: 400, body: `{"error":"x","error_description":"` + strings.Repeat("b", 10000) + `"}`}, "x: bbb", ""},
		"the secret in it":      {answer{code: 400, body: `{"error":"x","error_description":"no such cl13nts3cr3t"}`}, "no such [secret]", ""},
		"the secret at its end": {answer{code: 400, body: `{"error":"x","error_description":"` + strings.Repeat("b", 290) + `cl13nts3cr3t"}`}, "x: bbb", ""},
		"the form in it":        {answer{code: 400, kind: "text/css", body: "client_secret=cl13nts3cr3t&more"}, "client_secret=[secret]&more", ""},
		"escape codes":          {answer{code: 400, body: `{"error":"x","error_description":"a\u001b[31m\r\nerror: b"}`}, "x: a [31m error: b", ""},
		"the network is down":   {answer{err: &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}}, "network is unreachable", "firewall"},
		"the name is not good":  {answer{err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "login.example", IsNotFound: true}}}, "no such host", "DNS"},
		"slow":                  {answer{slow: time.Hour}, "within 30s", ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := &tokenServer{answers: []answer{c.answer}}
			begun := time.Now()
			err := wantToken(t, s.source(), "", "")
			wantError(t, err, "login", c.hint)
			if !strings.Contains(err.Error(), "token from login.example: ") || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
			if text := err.Error(); len(text) > 400 || strings.ContainsAny(text, "\r\n\x1b") || strings.Contains(text, "s3cr3t") || strings.Contains(text, "cl13") {
				t.Errorf("the error holds what it must not: %q", text)
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
			if len(s.requests) != 1 {
				t.Errorf("asked %d times", len(s.requests))
			}
		})
	}
}

func TestTokenEndsWithItsContext(t *testing.T) {
	inBubble(t, "slow", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		_, err := (&tokenServer{answers: []answer{{slow: time.Hour}}}).source().Token(ctx, "")
		if !errors.Is(err, context.Canceled) || time.Since(begun) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
	})
}

// Secrets go to where they are encrypted only, or stay on this machine.
func TestTokenEndpointIsEncrypted(t *testing.T) {
	for _, u := range []string{"http://login.example/token", "ftp://login.example/", "http://192.0.2.1/", "login.example", "http://localhost.example/"} {
		s := &tokenServer{}
		o := s.source()
		o.TokenURL = u
		wantToken(t, o, "", "")
		if len(s.requests) != 0 {
			t.Errorf("%s was asked", u)
		}
	}
	for _, u := range []string{"http://localhost/token", "http://127.0.0.1:1/", "http://[::1]/"} {
		o := (&tokenServer{}).source()
		o.TokenURL = u
		wantToken(t, o, "", "access-1")
	}
}

func TestTokenSecrets(t *testing.T) {
	for name, change := range map[string]func(*poller.OAuth2){
		"client_secret":   func(o *poller.OAuth2) { o.ClientSecret = noPassword },
		"refresh_token":   func(o *poller.OAuth2) { o.Flow, o.RefreshToken = poller.FlowRefreshToken, noPassword },
		"service_account": func(o *poller.OAuth2) { o.Flow, o.ServiceAccount = poller.FlowServiceAccount, noPassword },
		"certificate":     func(o *poller.OAuth2) { o.Certificate, o.CertificateKey = noPassword, noPassword },
	} {
		s := &tokenServer{}
		o := s.source()
		change(o)
		wantError(t, wantToken(t, o, "", ""), "login", name+"_file")
		if len(s.requests) != 0 {
			t.Errorf("%s: asked without it", name)
		}
	}
	for _, flow := range []poller.Flow{"", poller.FlowRefreshToken, poller.FlowServiceAccount} {
		o := (&tokenServer{}).source()
		o.Flow = flow
		wantError(t, wantToken(t, o, "", ""), "login")
	}
}

// The end of a client secret is told a month before, once a day.
func TestSecretEnds(t *testing.T) {
	inBubble(t, "warnings", func(t *testing.T) {
		var log bytes.Buffer
		o := (&tokenServer{}).source()
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.SecretEnds = time.Now().Add(31*24*time.Hour + time.Minute)
		var days []string
		for range 34 {
			for range 3 {
				if _, err := o.Token(t.Context(), ""); err != nil {
					t.Fatal(err)
				}
			}
			said := log.String()
			log.Reset()
			switch n := strings.Count(said, "level=WARN"); {
			case n > 1:
				t.Errorf("said %s", said)
			case strings.Contains(said, "ends soon") && strings.Contains(said, "todo="):
				days = append(days, "soon")
			case strings.Contains(said, "has ended"):
				days = append(days, "ended")
			default:
				days = append(days, said)
			}
			time.Sleep(24 * time.Hour)
		}
		want := slices.Concat([]string{"", ""}, slices.Repeat([]string{"soon"}, 30), []string{"ended", "ended"})
		if !slices.Equal(days, want) {
			t.Errorf("got %q", days)
		}
	})
}
