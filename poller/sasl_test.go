package poller_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

const goodToken = "ya29.GOOD-token_1~+/="

// tokens gives one token after another; the last one again and again.
func tokens(all ...string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) {
		token := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		return token, nil
	}
}

// A bearerServer is what is particular about a server's login by token.
type bearerServer struct {
	caps      string
	challenge string // before the NO; empty: the NO comes at once
	no        string
	responses []string // what it was sent, decoded
	answers   []string // to its challenge, as sent
	logins    int
}

// on does the login as RFC 9051 section 6.2.2 has it; only goodToken is let in.
func (b *bearerServer) on(c *scripted, tag, command string) bool {
	words := strings.Fields(command)
	switch words[0] {
	case "GREETING":
		b.logins++
		c.send("* OK [CAPABILITY IMAP4rev1 UIDPLUS %s] ready", b.caps)
		return true
	case "AUTHENTICATE":
	default:
		return false
	}
	read := func() string {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "gone"
		}
		return strings.TrimSuffix(line, "\r\n")
	}
	response := ""
	if len(words) == 3 {
		response = words[2]
	} else {
		c.send("+ ")
		response = read()
	}
	decoded, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		c.send("%s BAD no base64", tag)
		return true
	}
	b.responses = append(b.responses, words[1]+" "+string(decoded))
	if strings.Contains(string(decoded), "auth=Bearer "+goodToken+"\x01\x01") {
		c.send("%s OK in", tag)
		return true
	}
	if b.challenge != "" {
		c.send("+ %s", base64.StdEncoding.EncodeToString([]byte(b.challenge)))
		answer := read()
		b.answers = append(b.answers, answer)
		if answer != "" && answer != "AQ==" { // Gmail waits for ever
			c.stall()
			return true
		}
	}
	c.send("%s %s", tag, b.no)
	return true
}

const gmailChallenge = `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`

// The mechanism is one that is advertised, and its bytes are those of the
// specification.
func TestBearerLogin(t *testing.T) {
	const (
		xoauth2     = "XOAUTH2 user=bounces@example.com\x01auth=Bearer " + goodToken + "\x01\x01"
		oauthBearer = "OAUTHBEARER n,a=bounces@example.com,\x01host=127.0.0.1\x01port=143\x01auth=Bearer " + goodToken + "\x01\x01"
	)
	for name, c := range map[string]struct{ caps, want string }{
		"Exchange Online":           {"AUTH=PLAIN AUTH=XOAUTH2 SASL-IR", xoauth2},
		"Gmail":                     {"SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER", xoauth2},
		"XOAUTH2 without SASL-IR":   {"AUTH=XOAUTH2", xoauth2},
		"OAUTHBEARER":               {"AUTH=OAUTHBEARER SASL-IR", oauthBearer},
		"OAUTHBEARER after a +":     {"AUTH=OAUTHBEARER", oauthBearer},
		"in lower case":             {"auth=xoauth2 sasl-ir", xoauth2},
		"passwords only":            {"AUTH=PLAIN", ""},
		"passwords only, LOGIN too": {"IDLE", ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			b, m := &bearerServer{caps: c.caps}, newMemo()
			s := &script{mails: threeMails(), on: b.on}
			p := scriptPoller(s, m)
			p.Mailbox.Password, p.Mailbox.Token = nil, tokens(goodToken)
			_, err := p.Poll(t.Context())
			synctest.Wait()
			if c.want == "" {
				wantError(t, err, "login", `auth = "password"`)
				if slices.ContainsFunc(s.said, func(l string) bool { return strings.Contains(l, "LOGIN") || strings.Contains(l, "AUTHENTICATE") }) {
					t.Errorf("said %q", s.said)
				}
				return
			}
			if err != nil || len(m.kept) != 3 || !slices.Equal(b.responses, []string{c.want}) {
				t.Errorf("got %v, kept %d, sent %q", err, len(m.kept), b.responses)
			}
			wantAtOnce := strings.Contains(strings.ToUpper(c.caps), "SASL-IR")
			if atOnce := slices.ContainsFunc(s.said, func(l string) bool { return strings.Count(l, " ") == 2 && strings.HasPrefix(l, "AUTHENTICATE ") }); atOnce != wantAtOnce {
				t.Errorf("initial response at once: %v", atOnce)
			}
		})
	}
}

// The very lines, for a name and a token that are easily looked up.
func TestBearerLines(t *testing.T) {
	for mechanism, line := range map[string]string{
		"XOAUTH2":     "dXNlcj1ib3VuY2VAZXhhbXBsZS5jb20BYXV0aD1CZWFyZXIgeWEyOS5FWEFNUExFAQE=",
		"OAUTHBEARER": "bixhPWJvdW5jZUBleGFtcGxlLmNvbSwBaG9zdD1pbWFwLmV4YW1wbGUuY29tAXBvcnQ9OTkzAWF1dGg9QmVhcmVyIHlhMjkuRVhBTVBMRQEB",
	} {
		inBubble(t, mechanism, func(t *testing.T) {
			b := &bearerServer{caps: "SASL-IR AUTH=" + mechanism, no: "NO no"}
			s := &script{on: b.on}
			p := scriptPoller(s, newMemo())
			p.Mailbox.Host, p.Mailbox.Username, p.Mailbox.Token = "imap.example.com:993", "bounce@example.com", tokens("ya29.EXAMPLE")
			overTLS(t, s, p)
			_, err := p.Poll(t.Context())
			wantError(t, err, "login")
			synctest.Wait()
			if want := "AUTHENTICATE " + mechanism + " " + line; !slices.Contains(s.said, want) {
				t.Errorf("said %q, want %q", s.said, want)
			}
		})
	}
}

func TestBearerNames(t *testing.T) {
	inBubble(t, "a comma in the name", func(t *testing.T) {
		b := &bearerServer{caps: "AUTH=OAUTHBEARER SASL-IR"}
		p := scriptPoller(&script{on: b.on}, newMemo())
		p.Mailbox.Username, p.Mailbox.Token = "a,b=c", tokens(goodToken)
		if _, err := p.Poll(t.Context()); err != nil || !strings.Contains(b.responses[0], " n,a=a=2Cb=3Dc,\x01") {
			t.Errorf("got %v, %q", err, b.responses)
		}
	})
}

// A refusal is read to its end, and tried once more on a new connection with a new
// token, if there is one.
func TestBearerRefused(t *testing.T) {
	for name, c := range map[string]struct {
		server bearerServer
		host   string
		tokens []string
		logins int
		answer string // to the challenge
		hint   string // empty: the second token is let in
	}{
		"Gmail": {
			bearerServer{caps: "AUTH=XOAUTH2 SASL-IR", challenge: gmailChallenge, no: "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"},
			"127.0.0.1:143", []string{"old", "older"}, 2, "", "scope is https://mail.google.com/",
		},
		"Gmail, renewed": {
			bearerServer{caps: "AUTH=XOAUTH2 SASL-IR", challenge: gmailChallenge, no: "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"},
			"127.0.0.1:143", []string{"old", goodToken}, 2, "", "",
		},
		"the same token again": {
			bearerServer{caps: "AUTH=XOAUTH2", challenge: gmailChallenge, no: "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"},
			"127.0.0.1:143", []string{"old"}, 1, "", "username",
		},
		"OAUTHBEARER": {
			bearerServer{caps: "AUTH=OAUTHBEARER SASL-IR", challenge: `{"status":"invalid_token"}`, no: "NO [AUTHENTICATIONFAILED] Authentication failed."},
			"127.0.0.1:143", []string{"old", "older"}, 2, "AQ==", "does not take this token",
		},
		"OAUTHBEARER, renewed": {
			bearerServer{caps: "AUTH=OAUTHBEARER", challenge: `{"status":"invalid_token"}`, no: "NO no"},
			"127.0.0.1:143", []string{"old", goodToken}, 2, "AQ==", "",
		},
		"Exchange Online": {
			bearerServer{caps: "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR", no: "NO AUTHENTICATE failed."},
			"outlook.office365.com:993", []string{"old", "older"}, 2, "none", "New-ServicePrincipal",
		},
		"too many connections": {
			bearerServer{caps: "AUTH=XOAUTH2", no: "NO [UNAVAILABLE] busy"},
			"127.0.0.1:143", []string{"old", goodToken}, 1, "none", "next poll",
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			b, m := c.server, newMemo()
			s := &script{mails: threeMails(), on: b.on}
			p := scriptPoller(s, m)
			p.Mailbox.Host, p.Mailbox.Token = c.host, tokens(c.tokens...)
			if strings.HasSuffix(c.host, ":993") {
				overTLS(t, s, p)
			}
			_, err := p.Poll(t.Context())
			synctest.Wait()
			if b.logins != c.logins {
				t.Errorf("%d connections, want %d", b.logins, c.logins)
			}
			if c.answer != "none" && (len(b.answers) == 0 || slices.ContainsFunc(b.answers, func(a string) bool { return a != c.answer })) {
				t.Errorf("answered the challenge by %q", b.answers)
			}
			if c.hint == "" {
				if err != nil || len(m.kept) != 3 {
					t.Errorf("got %v, kept %d", err, len(m.kept))
				}
				return
			}
			wantError(t, err, "login", c.hint)
			if b.challenge == gmailChallenge && !strings.Contains(err.Error(), "status 400, scope https://mail.google.com/") {
				t.Errorf("%v does not say what the challenge said", err)
			}
		})
	}
}

// TestBearerForNow: what a server says of itself is no reason to renew the token, which
// token endpoints count.
func TestBearerForNow(t *testing.T) {
	for _, no := range []string{
		"NO [UNAVAILABLE] AUTHENTICATE Server error - Please try again later", "NO [ALERT] Too many simultaneous connections. (Failure)",
		"BAD User is authenticated but not connected.", "BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds",
	} {
		inBubble(t, no, func(t *testing.T) {
			b := &bearerServer{caps: "AUTH=XOAUTH2 SASL-IR"}
			s := &script{on: func(c *scripted, tag, command string) bool {
				if strings.HasPrefix(command, "AUTHENTICATE") {
					c.send("%s %s", tag, no)
					return true
				}
				return b.on(c, tag, command)
			}}
			p := scriptPoller(s, newMemo())
			p.Mailbox.Token = func(_ context.Context, refused string) (string, error) {
				if refused != "" {
					t.Error("another token was asked for")
				}
				return goodToken, nil
			}
			_, err := p.Poll(t.Context())
			if failed := wantError(t, err, "login"); failed.Hint == "" {
				t.Errorf("%v says nothing of what to do", err)
			}
		})
	}
}

// overTLS encrypts a script's conversations from the start.
func overTLS(t *testing.T, s *script, p *poller.Poller) {
	host, _, _ := strings.Cut(p.Mailbox.Host, ":")
	certPEM, keyPEM := certificate(t, host, time.Now().Add(time.Hour))
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	p.Mailbox.TLS, p.Mailbox.RootCAs = poller.TLSImplicit, x509.NewCertPool()
	p.Mailbox.RootCAs.AppendCertsFromPEM(certPEM)
	s.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
}

// A server that repeats what it was sent must not bring the token into an error.
func TestBearerTokenIsSilent(t *testing.T) {
	for name, b := range map[string]*bearerServer{
		"the token": {caps: "AUTH=XOAUTH2", no: "NO what is s3cr3tt0k3n"},
		"the line": {caps: "AUTH=XOAUTH2", no: "NO " + base64.StdEncoding.EncodeToString(
			[]byte("user="+imaptest.Username+"\x01auth=Bearer s3cr3tt0k3n\x01\x01"))},
		"at the end of a challenge": {caps: "AUTH=XOAUTH2", no: "NO no", challenge: `{"status":"` + strings.Repeat("x", 285) + `s3cr3tt0k3n"}`},
		"in the challenge":          {caps: "AUTH=XOAUTH2", no: "NO no", challenge: `{"status":"bad s3cr3tt0k3n"}`},
	} {
		inBubble(t, name, func(t *testing.T) {
			p := scriptPoller(&script{on: b.on}, newMemo())
			p.Mailbox.Token = tokens("s3cr3tt0k3n")
			_, err := p.Poll(t.Context())
			wantError(t, err, "login")
			if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "dXNlcj") {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

// What is no token is not sent, and without one nothing is connected.
func TestNoToken(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		err   error
		hint  string
	}{
		"none":        {"", nil, "token_command"},
		"two lines":   {"a\nb", nil, "token_command"},
		"a ^A":        {"a\x01auth=Bearer b", nil, "token_command"},
		"with spaces": {"Bearer abc", nil, "token_command"},
		"an error":    {"", errors.New("no such file"), ""},
		"an *Error":   {"", &poller.Error{Stage: "login", Hint: "do this", Err: errors.New("no")}, "do this"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{on: func(*scripted, string, string) bool { t.Error("connected"); return false }}
			p := scriptPoller(s, newMemo())
			p.Mailbox.Token = func(context.Context, string) (string, error) { return c.token, c.err }
			_, err := p.Poll(t.Context())
			wantError(t, err, "login", c.hint)
		})
	}
}

// Exchange Online lets in whom the mailbox is shut to, and takes no passwords.
func TestExchangeOnlineSaysWhatToDo(t *testing.T) {
	inBubble(t, "authenticated but not connected", func(t *testing.T) {
		b := &bearerServer{caps: "AUTH=XOAUTH2 SASL-IR"}
		s := &script{on: func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "EXAMINE") {
				c.send("%s BAD User is authenticated but not connected.", tag)
				return true
			}
			return b.on(c, tag, command)
		}}
		p := scriptPoller(s, newMemo())
		p.Mailbox.Token = tokens(goodToken)
		_, err := p.Poll(t.Context())
		wantError(t, err, "select", "New-ServicePrincipal", "Add-MailboxPermission")
	})
	inBubble(t, "a password", func(t *testing.T) {
		s := &script{on: func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "LOGIN") {
				return false
			}
			c.send("%s NO LOGIN failed.", tag)
			return true
		}}
		p := scriptPoller(s, newMemo())
		p.Mailbox.Host = "outlook.office365.com:993"
		overTLS(t, s, p)
		_, err := p.Poll(t.Context())
		wantError(t, err, "login", `auth = "oauth2"`)
	})
	for _, c := range []struct{ no, hint string }{
		{"NO [AUTHENTICATIONFAILED] basic authentication is disabled", `auth = "oauth2"`},
		{"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", "app password"},
		{"NO [ALERT] Please log in via your web browser (Failure)", "browser"},
		{"NO [ALERT] Your account is not enabled for IMAP use. (Failure)", "switch IMAP on"},
		{"NO [ALERT] Too many simultaneous connections. (Failure)", "next poll"},
	} {
		inBubble(t, c.no, func(t *testing.T) {
			s := &script{on: func(cc *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "LOGIN") {
					return false
				}
				cc.send("%s %s", tag, c.no)
				return true
			}}
			_, err := scriptPoller(s, newMemo()).Poll(t.Context())
			wantError(t, err, "login", c.hint)
		})
	}
}
