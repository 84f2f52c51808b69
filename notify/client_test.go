package notify

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// overTheWire tests the sender's own HTTP client against a server on loopback.
func overTheWire(t *testing.T, server *httptest.Server, change func(*Endpoint)) (*Sender, *memory) {
	t.Helper()
	log := &memory{}
	log.add("a@example.com")
	e := crm()
	e.URL = server.URL + "/hook"
	if change != nil {
		change(&e)
	}
	s, err := New(e, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cert := server.Certificate(); cert != nil {
		pool := x509.NewCertPool()
		pool.AddCert(cert)
		s.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = pool
	}
	return s, log
}

func TestOverTLS(t *testing.T) {
	var got atomic.Pointer[http.Request]
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verify(secretA, body, r.Header)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
		got.Store(r)
	}))
	defer server.Close()
	s, _ := overTheWire(t, server, func(e *Endpoint) { e.URL = strings.Replace(e.URL, "://", "://robot:pa55word@", 1) })
	if err := s.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := got.Load()
	if user, password, ok := r.BasicAuth(); !ok || user != "robot" || password != "pa55word" {
		t.Errorf("basic authentication %q %q", user, password)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/hook" || len(r.Header["X-Idempotency-Key"]) != 0 {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
}

// A certificate nobody vouches for, and a TLS too old, are reasons to hold.
func TestBadTLS(t *testing.T) {
	quiet := func(server *httptest.Server) {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
	}
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	quiet(untrusted)
	untrusted.StartTLS()
	defer untrusted.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	quiet(old)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	for server, want := range map[*httptest.Server]string{untrusted: "certificate", old: "protocol version"} {
		s, log := overTheWire(t, server, nil)
		if server == untrusted {
			s.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = nil
		}
		if err := s.Deliver(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
		if c := log.cursor("crm"); c.Sequence != 0 || c.Attempts != 1 {
			t.Errorf("cursor %+v", c)
		}
	}
}

// A redirect is not followed, wherever it leads and however it is said.
func TestRedirectNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{"/elsewhere", "https://other.example/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "%zz:broken", ""} {
			var elsewhere atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/hook" {
					elsewhere.Add(1)
				}
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
			}))
			s, log := overTheWire(t, server, nil)
			if err := s.Deliver(t.Context()); err == nil || log.cursor("crm").Sequence != 0 || elsewhere.Load() != 0 {
				t.Errorf("%d to %q: %v", status, location, err)
			}
			server.Close()
		}
	}
}

// Nobody listening, a server that hangs up, and one that answers without end.
func TestBrokenServers(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	s, _ := overTheWire(t, down, nil)
	if err := s.Deliver(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "/hook") {
		t.Errorf("down: %v", err)
	}
	rude := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer rude.Close()
	s, _ = overTheWire(t, rude, nil)
	if err := s.Deliver(t.Context()); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("hung up: %v", err)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	s, log := overTheWire(t, endless, func(e *Endpoint) { e.Timeout = time.Minute })
	if err := s.Deliver(t.Context()); err != nil || log.cursor("crm").Sequence != 1 {
		t.Errorf("endless: %v", err)
	}
}
