package notify

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Certificates that must not be believed. (A pipe is too narrow for the two to part.)
func TestCertificates(t *testing.T) {
	for name, c := range map[string]struct {
		end  time.Duration
		host string
		want string
	}{
		"good":              {day, "crm.example.com", ""},
		"ended":             {-day, "crm.example.com", "certificate has expired"},
		"yet to begin":      {2 * week, "crm.example.com", "not yet valid"},
		"of somebody else":  {day, "other.example.com", "certificate is valid for crm.example.com, not other.example.com"},
		"of no name at all": {day, "127.0.0.1", "doesn't contain any IP SANs"},
	} {
		t.Run(name, func(t *testing.T) {
			cert, pool := certificate(t, time.Now().Add(c.end))
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if c.want != "" {
					t.Error("it was believed")
				}
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			server.StartTLS()
			defer server.Close()
			s, events := overTheWire(t, server, func(e *Endpoint) { e.URL = "https://" + c.host + "/hooks" })
			transport := s.client.Transport.(*http.Transport)
			transport.Proxy, transport.TLSClientConfig.RootCAs = nil, pool
			transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
			}
			err := s.Deliver(t.Context())
			if taken := events.cursor("crm").Sequence == 1; taken != (c.want == "") || (err == nil) != taken || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Proxies that mean us harm, and those that want what they were not given.
func TestHostileProxies(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(conn net.Conn)
		want   string
	}{
		{"silence", func(conn net.Conn) { trickle(conn, "") }, "no answer within 30s"},
		{"an octet a second", func(conn net.Conn) {
			trickle(conn, "HTTP/1.1 200 Connection established\r\nX: "+strings.Repeat("x", 100))
		}, "no answer within 30s"},
		{"a header without end", func(conn net.Conn) {
			_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
			for err == nil {
				_, err = io.WriteString(conn, strings.Repeat("x", 1<<16))
			}
		}, "EOF"},
		{"a password is wanted", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 407 \x1b[31mpa55word\r\nContent-Length: 0\r\n\r\n")
		}, "the proxy answered 407 Proxy Authentication Required"},
		{"hung up", func(net.Conn) {}, "EOF"},
		{"no TLS behind it", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n220 mx.example.com ESMTP\r\n")
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := &memory{}
				events.add("lena@example.com")
				s, transport := piped(t, crm(), events, func(conn net.Conn) {
					for got := ""; !strings.HasSuffix(got, "\r\n\r\n"); {
						octet := make([]byte, 1)
						if _, err := conn.Read(octet); err != nil {
							return
						}
						got += string(octet)
					}
					c.answer(conn)
				})
				transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example:3128", User: url.UserPassword("robot", "pa55word")})
				begun := time.Now()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := s.Deliver(t.Context())
				runtime.ReadMemStats(&after)
				if took := time.Since(begun); took > DefaultTimeout {
					t.Errorf("it took %v", took)
				}
				if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
					t.Errorf("it took %d octets of memory", grown)
				}
				kept := events.cursor("crm").LastError
				if err == nil || kept == "" || !strings.Contains(kept, c.want) || len(kept) > 400 || strings.ContainsAny(kept, "\x1b\n") || strings.Contains(kept, "pa55word") {
					t.Errorf("%v, kept %q, want %q in it", err, kept, c.want)
				}
				time.Sleep(10 * time.Minute) // whatever still waits gives up
			})
		})
	}
}
