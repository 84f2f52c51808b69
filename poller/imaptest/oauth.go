package imaptest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// An OAuth knows which access tokens are good, and tells servers that ask (RFC 7662).
type OAuth struct {
	mu    sync.Mutex
	good  map[string]bool
	asked []string
}

// Let lets in who shows one of these tokens, as Username, and nobody else.
func (o *OAuth) Let(tokens ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.good = map[string]bool{}
	for _, token := range tokens {
		o.good[token] = true
	}
}

// Asked returns the tokens that were asked about.
func (o *OAuth) Asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.asked...)
}

// ServeHTTP is the introspection endpoint.
func (o *OAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, token)
	answer := map[string]any{"active": o.good[token]}
	if o.good[token] {
		answer["username"] = Username
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// DovecotOAuth is Dovecot with these mechanisms, such as "xoauth2", and PLAIN, which
// takes the password. It asks the OAuth about tokens.
func DovecotOAuth(t testing.TB, mechanisms ...string) (*Server, *OAuth) {
	t.Helper()
	o := &OAuth{}
	endpoint := httptest.NewServer(o)
	t.Cleanup(endpoint.Close)
	// Dovecot reads the settings of the driver from a file of their own.
	dir, err := os.MkdirTemp("", "oauth")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	settings := filepath.Join(dir, "oauth2.conf")
	text := "introspection_mode = post\nintrospection_url = " + endpoint.URL + "/\n" +
		"username_attribute = username\nactive_attribute = active\nactive_value = true\n"
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names := strings.Join(mechanisms, " ")
	more := "passdb {\n  driver = oauth2\n  mechanisms = " + names + "\n  args = " + settings + "\n}\n"
	return startDovecot(t, more, "plain "+names), o
}
