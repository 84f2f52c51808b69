package poller_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
)

// Under TLS the end of the context is as quick, though a server that reads no more
// could make the goodbye of TLS wait; and nothing older than TLS 1.2 is spoken.
func TestTLS(t *testing.T) {
	lender := httptest.NewTLSServer(nil) // of its certificate, for 127.0.0.1
	defer lender.Close()
	pool := x509.NewCertPool()
	pool.AddCert(lender.Certificate())
	hints := func(word string) func(error) bool {
		return func(err error) bool {
			var failed *poller.Error
			return errors.As(err, &failed) && failed.Stage == "tls" && strings.Contains(failed.Hint, word)
		}
	}
	for name, c := range map[string]struct {
		version uint16
		years   time.Duration // after 2000
		want    func(error) bool
	}{
		"stalls":  {tls.VersionTLS12, 0, func(err error) bool { return errors.Is(err, context.Canceled) }},
		"too old": {tls.VersionTLS11, 0, hints("TLS 1.2")},
		"expired": {tls.VersionTLS13, 100, hints("renew")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				closed := make(chan struct{})
				p := scriptPoller(&script{}, newMemo())
				p.Mailbox.TLS, p.Mailbox.RootCAs = poller.TLSImplicit, pool
				p.Dial = func(context.Context, string, string) (net.Conn, error) {
					client, server := net.Pipe()
					go func() {
						defer server.Close()
						config := &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS10, MaxVersion: c.version}
						conn := tls.Server(server, config)
						if _, err := conn.Write([]byte("* OK [CAPABILITY IMAP4rev1] ready\r\n")); err != nil {
							return
						}
						if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "LOGIN") {
							t.Errorf("got %q, %v", line, err)
						}
						cancel()
						<-closed
					}()
					return client, nil
				}
				time.Sleep(c.years * 365 * 24 * time.Hour)
				begun := time.Now()
				_, err := p.Poll(ctx)
				if !c.want(err) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(begun); took != 0 {
					t.Errorf("it took %v", took)
				}
				close(closed)
			})
		})
	}
}
