package poller

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// connect opens a connection to the server, encrypted as configured, and waits for
// the greeting.
func (p *Poller) connect(ctx context.Context) (*session, error) {
	host, _, err := net.SplitHostPort(p.Mailbox.Host)
	if err != nil {
		return nil, &Error{Stage: "resolve", Hint: "write host as name:port, as in imap.example.com:993", Err: err}
	}
	within, cancel := context.WithTimeout(ctx, p.dialTimeout())
	defer cancel()
	if p.Mailbox.TLS == TLSNone {
		if err := onLoopback(within, host); err != nil {
			return nil, err
		}
	}
	dial := p.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(within, "tcp", p.Mailbox.Host)
	if err != nil {
		return nil, dialError(ctx, err)
	}
	w := &wire{Conn: conn}
	stop := context.AfterFunc(ctx, func() { w.abort(ctx.Err()) })
	s, err := p.greet(within, w, host)
	if err != nil {
		stop()
		conn.Close()
		return nil, err
	}
	s.release = stop
	return s, nil
}

// greet encrypts a connection and starts a session on it.
func (p *Poller) greet(ctx context.Context, w *wire, host string) (*session, error) {
	var conn net.Conn = w
	first := ""
	var secured *tls.ConnectionState
	if p.Mailbox.TLS == TLSStartTLS {
		if err := startTLS(w, p.dialTimeout()); err != nil {
			return nil, err
		}
		first = "* OK encrypted\r\n" // after STARTTLS there is no second greeting, and the client waits for one
	}
	if p.Mailbox.TLS != TLSNone {
		secure := tls.Client(w, &tls.Config{ServerName: host, RootCAs: p.Mailbox.RootCAs, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fail("tls", "", w.because(err))
		}
		state := secure.ConnectionState()
		conn, secured = secure, &state
	}
	said := buffered(conn, first)
	s := newSession(w, said, p.stallTimeout())
	s.secured = secured
	stop := w.watch(p.dialTimeout(), 0)
	err := w.because(s.client.WaitGreeting())
	stop()
	if err != nil {
		s.close() // after which nobody reads any more
		if line := said.in.first; line != "" && !strings.HasPrefix(line, "*") && w.because(io.EOF) == io.EOF {
			err = &Error{Stage: "connect", Hint: "this is no IMAP server: check host and port (993 for TLS, 143 for STARTTLS)", Err: fmt.Errorf("the server greets with %q", line)}
		}
		return nil, fail("connect", "", err)
	}
	return s, nil
}

// dialError tells a name that could not be resolved from a server that could not be
// reached.
func dialError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fail("resolve", "", err)
	}
	return fail("connect", "", err)
}

// onLoopback returns an error unless host is this machine.
func onLoopback(ctx context.Context, host string) error {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return nil
	}
	addrs := []net.IPAddr{{IP: net.ParseIP(host)}}
	if addrs[0].IP == nil {
		var err error
		if addrs, err = net.DefaultResolver.LookupIPAddr(ctx, host); err != nil {
			return fail("resolve", "", err)
		}
	}
	for _, addr := range addrs {
		if !addr.IP.IsLoopback() {
			return &Error{
				Stage: "connect",
				Hint:  `use tls = "implicit" (port 993) or "starttls" (port 143)`,
				Err:   fmt.Errorf(`tls = "none" is for loopback only, since it would send the password to %s in clear`, host),
			}
		}
	}
	return nil
}

func (p *Poller) dialTimeout() time.Duration {
	if p.DialTimeout > 0 {
		return p.DialTimeout
	}
	return 30 * time.Second
}

func (p *Poller) stallTimeout() time.Duration {
	if p.StallTimeout > 0 {
		return p.StallTimeout
	}
	return 2 * time.Minute
}
