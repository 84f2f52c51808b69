package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// A provider is an OAuth2 provider on loopback: it hands out access-1, access-2, …
// and, but to applications, refresh tokens that replace one another.
type provider struct {
	*httptest.Server
	mu       sync.Mutex
	requests []url.Values
	pending  int    // so often a sign-in is not done yet
	refuse   string // the answer, if not empty
}

func newProvider(t testing.TB) *provider {
	p := &provider{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"device_code":"d3v1c3","user_code":"WXYZ-1234","verification_uri":"https://login.example/device","expires_in":900,"interval":1}`)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests = append(p.requests, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		device := strings.HasSuffix(r.PostForm.Get("grant_type"), ":device_code")
		switch {
		case p.refuse != "":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, p.refuse)
		case device && p.pending > 0:
			p.pending--
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"authorization_pending"}`)
		default:
			answer := map[string]any{"access_token": fmt.Sprintf("access-%d", len(p.requests)), "expires_in": 3600, "token_type": "Bearer"}
			if r.PostForm.Get("grant_type") != "client_credentials" {
				answer["refresh_token"] = fmt.Sprintf("refresh-%d", len(p.requests))
			}
			_ = json.NewEncoder(w).Encode(answer)
		}
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) last() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[len(p.requests)-1]
}

// oauth2 makes the world's mailbox log in by OAuth2 with these keys.
func (w *world) oauth2(p *provider, keys string) {
	w.t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	password := fmt.Sprintf("password = %q\n", imaptest.Password)
	if !strings.Contains(string(text), password) {
		w.t.Fatal("the configuration has no password")
	}
	text = []byte(strings.Replace(string(text), password, "auth = \"oauth2\"\n[mailbox.oauth2]\n"+strings.ReplaceAll(keys, "URL", p.URL)+"\n", 1))
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

const (
	byDevice = "provider = \"custom\"\nclient_id = \"app\"\nflow = \"device\"\ntoken_url = \"URL/token\"\ndevice_url = \"URL/device\"\nscopes = [\"imap\"]"
	bySecret = "provider = \"custom\"\nclient_id = \"app\"\nclient_secret = \"cl13nts3cr3t\"\ntoken_url = \"URL/token\""
)

// From the sign-in to the poll that uses its token, on a real server; the token is
// kept for the store's owner alone, and the one that follows it replaces it.
func TestAuthDovecot(t *testing.T) {
	server, oauth := imaptest.DovecotOAuth(t, "xoauth2", "oauthbearer")
	w, p := newWorld(t, server, ""), newProvider(t)
	w.oauth2(p, byDevice)
	w.append(unknownUser("1", "lena@example.com"))
	_, stderr := w.run(1, "poll")
	if !strings.Contains(stderr, "nobody has signed in") || !strings.Contains(stderr, "hint: run: bouncehound auth bounces") {
		t.Errorf("said %s", stderr)
	}

	stdout, stderr := w.run(0, "auth", "bounces")
	path := filepath.Join(filepath.Dir(w.store), "tokens", "bounces.json")
	for _, want := range []string{"https://login.example/device", "WXYZ-1234", "15m0s", imaptest.Username, path} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in %s", want, stdout)
		}
	}
	if all := stdout + stderr; strings.Contains(all, "refresh-") || strings.Contains(all, "access-") || strings.Contains(all, "d3v1c3") {
		t.Errorf("a secret is in %s", all)
	}
	for at, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(at); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v", at, info.Mode(), err)
		}
	}

	for i := range 2 { // the sign-in took the first token
		before := tokensOf(w.store, "bounces")
		was, err := before.Load()
		if err != nil {
			t.Fatal(err)
		}
		oauth.Let(fmt.Sprintf("access-%d", 2+i))
		w.run(0, "poll")
		is, err := before.Load()
		if err != nil || is.RefreshToken == was.RefreshToken || p.last().Get("refresh_token") != was.RefreshToken {
			t.Errorf("poll %d: %v, sent %v", i, err, p.last())
		}
	}
	if got := w.bounces(); len(got) != 1 || got[0].Address != "lena@example.com" {
		t.Errorf("got %+v", got)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Every poll of a daemon's logs in by a token; one that was revoked is renewed.
func TestPollOAuth2(t *testing.T) {
	server, oauth := imaptest.DovecotOAuth(t, "oauthbearer")
	w, p := newWorld(t, server, ""), newProvider(t)
	w.oauth2(p, bySecret+"\nclient_secret_expires = \"2020-01-01\"")
	w.append(unknownUser("1", "lena@example.com"))
	oauth.Let("access-2")
	_, stderr := w.run(0, "poll")
	if len(w.bounces()) != 1 || p.last().Get("grant_type") != "client_credentials" {
		t.Errorf("got %v, sent %v", w.bounces(), p.last())
	}
	if !strings.Contains(stderr, "the client secret has ended") || !strings.Contains(stderr, "mailbox=bounces") {
		t.Errorf("the end of the secret is not in %s", stderr)
	}
	p.refuse = `{"error":"invalid_client","error_description":"AADSTS7000215: not cl13nts3cr3t"}`
	_, stderr = w.run(1, "poll")
	if !strings.Contains(stderr, "hint: the client secret is wrong") || strings.Contains(stderr, "cl13nts3cr3t") || strings.Contains(stderr, "access-") {
		t.Errorf("said %s", stderr)
	}
}

func TestTokenCommand(t *testing.T) {
	server, oauth := imaptest.DovecotOAuth(t, "xoauth2")
	oauth.Let("printed")
	w := newWorld(t, server, "")
	w.oauth2(newProvider(t), `token_command = "echo printed"`)
	w.append(unknownUser("1", "lena@example.com"))
	w.run(0, "poll")
	if len(w.bounces()) != 1 {
		t.Errorf("got %v", w.bounces())
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"exit 3": "hint: check token_command", "echo Bearer printed": "hint: token_command must print", "echo other": "hint: the server does not take this token",
	} {
		if err := os.WriteFile(w.config, []byte(strings.Replace(string(text), "echo printed", command, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr := w.run(1, "poll"); !strings.Contains(stderr, want) {
			t.Errorf("%s: said %s", command, stderr)
		}
	}
}

func TestAuthMistakes(t *testing.T) {
	server := imaptest.Memory(t)
	w := newWorld(t, server, "")
	if _, stderr := w.run(2, "auth", "bounces"); !strings.Contains(stderr, `mailbox "bounces" needs no sign-in`) || !strings.Contains(stderr, "password") {
		t.Errorf("said %s", stderr)
	}
	if _, stderr := w.run(2, "auth", "other"); !strings.Contains(stderr, `no mailbox "other"`) {
		t.Errorf("said %s", stderr)
	}
	p := newProvider(t)
	w.oauth2(p, bySecret)
	if _, stderr := w.run(2, "auth", "bounces"); !strings.Contains(stderr, "gets its tokens by itself") {
		t.Errorf("said %s", stderr)
	}
	w = newWorld(t, server, "")
	w.oauth2(p, byDevice)
	p.refuse = `{"error":"access_denied"}`
	if _, stderr := w.run(1, "auth", "bounces"); !strings.Contains(stderr, "access_denied") || !strings.Contains(stderr, "hint: access was declined") {
		t.Errorf("said %s", stderr)
	}
}

// A token that could not be stored is not asked for.
func TestAuthNeedsTheFolder(t *testing.T) {
	w, p := newWorld(t, imaptest.Memory(t), ""), newProvider(t)
	w.oauth2(p, byDevice)
	_, stderr := w.run(1, "auth", "bounces", "--store", filepath.Join(t.TempDir(), "none", "b.db"))
	if !strings.Contains(stderr, "hint: the token is kept beside the store") || len(p.requests) != 0 {
		t.Errorf("said %s, asked %v", stderr, p.requests)
	}
}

// Waiting for a sign-in ends with the context, as Ctrl-C ends it.
func TestAuthIsInterrupted(t *testing.T) {
	w, p := newWorld(t, imaptest.Memory(t), ""), newProvider(t)
	w.oauth2(p, byDevice)
	p.pending = 1 << 30
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs strings.Builder
	one := w.program(&out, &errs)
	one.stderr = writerFunc(func(b []byte) (int, error) {
		cancel() // once it says that it waits
		return errs.Write(b)
	})
	if code := one.run(ctx, []string{"auth", "bounces"}); code != 1 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestTokenFile(t *testing.T) {
	dir := t.TempDir()
	f := tokensOf(filepath.Join(dir, "b.db"), "bounces")
	if s, err := f.Load(); err != nil || s != (poller.Stored{}) {
		t.Errorf("nothing stored: got %#v, %v", s, err)
	}
	want := poller.Stored{ClientID: "c", RefreshToken: "r1", From: "x", Saved: time.Now().UTC(), Ends: time.Now().Add(time.Hour).UTC()}
	for _, want.RefreshToken = range []string{"r1", "r2"} {
		if err := f.Save(want); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load(); err != nil || got != want {
			t.Errorf("got %#v, %v", got, err)
		}
	}
	// A file that cannot be replaced is kept, and nothing is left beside it.
	if err := os.WriteFile(f.path, []byte("t0ps3cr3t"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(f.path, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(want); err == nil {
		t.Error("saved over a folder")
	}
	if left, err := os.ReadDir(filepath.Dir(f.path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

// A token that root stores belongs to the store's owner.
func TestTokenFileOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	store := filepath.Join(dir, "b.db")
	if err := os.WriteFile(store, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(store, 1234, 1235); err != nil {
		t.Fatal(err)
	}
	f := tokensOf(store, "bounces")
	if err := f.Save(poller.Stored{RefreshToken: "r"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.path, filepath.Dir(f.path)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 1234 || owner.Gid != 1235 {
			t.Errorf("%s belongs to %d:%d", path, owner.Uid, owner.Gid)
		}
	}
}
