package poller_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// wantError wants an *Error of a stage, and words in its hint.
func wantError(t *testing.T, err error, stage string, words ...string) *poller.Error {
	t.Helper()
	var failed *poller.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if failed.Stage != stage {
		t.Errorf("stage %q, want %q: %v", failed.Stage, stage, err)
	}
	for _, word := range words {
		if !strings.Contains(failed.Hint, word) {
			t.Errorf("the hint %q does not say %q: %v", failed.Hint, word, err)
		}
	}
	if strings.Contains(err.Error(), imaptest.Password) || strings.Contains(failed.Hint, imaptest.Password) {
		t.Errorf("the password is in %v", err)
	}
	return failed
}

func TestErrorsSayWhatToDo(t *testing.T) {
	server := imaptest.Memory(t)
	other := imaptest.Memory(t)
	noPlain := imaptest.Memory(t, imap.CapLoginDisabled)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		change func(*poller.Poller)
		stage  string
		hint   string
	}{
		"wrong password":       {func(p *poller.Poller) { p.Mailbox.Password = password("wrong") }, "login", "check username and password"},
		"no password to get":   {func(p *poller.Poller) { p.Mailbox.Password = noPassword }, "login", "password_file"},
		"no such host":         {func(p *poller.Poller) { p.Mailbox.Host, p.Dial = "imap.example:993", noSuchHost }, "resolve", "no such host"},
		"DNS is down":          {func(p *poller.Poller) { p.Dial = dialError(&net.DNSError{Err: "server misbehaving"}) }, "resolve", "DNS of this machine"},
		"no route":             {func(p *poller.Poller) { p.Dial = dialError(os.NewSyscallError("connect", syscall.EHOSTUNREACH)) }, "connect", "no route"},
		"no answer":            {func(p *poller.Poller) { p.Dial = dialError(os.ErrDeadlineExceeded) }, "connect", "firewall"},
		"no port":              {func(p *poller.Poller) { p.Mailbox.Host = "imap.example.com" }, "resolve", "name:port"},
		"refused":              {func(p *poller.Poller) { p.Mailbox.Host = closed.Addr().String() }, "connect", "nothing listens"},
		"TLS to a plain port":  {func(p *poller.Poller) { p.Mailbox.Host = server.Addr }, "tls", `tls = "starttls"`},
		"plain to a TLS port":  {func(p *poller.Poller) { p.Mailbox.TLS = poller.TLSNone }, "connect", `tls = "implicit"`},
		"STARTTLS to TLS port": {func(p *poller.Poller) { p.Mailbox.TLS = poller.TLSStartTLS }, "connect", `tls = "implicit"`},
		"certificate unknown":  {func(p *poller.Poller) { p.Mailbox.RootCAs = x509.NewCertPool() }, "tls", "signed by nobody"},
		"certificate's name": {func(p *poller.Poller) {
			p.Mailbox.Host = "imap.example.com:993"
			p.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", server.TLSAddr)
			}
		}, "tls", "another name"},
		"plain off loopback": {func(p *poller.Poller) {
			p.Mailbox.Host, p.Mailbox.TLS = "192.0.2.1:143", poller.TLSNone
		}, "connect", "implicit"},
		"no passwords in clear": {func(p *poller.Poller) {
			p.Mailbox.Host, p.Mailbox.TLS = noPlain.Addr, poller.TLSNone
		}, "login", "starttls"},
		"other server": {func(p *poller.Poller) { p.Mailbox.Host = other.TLSAddr }, "tls", "signed by nobody"},
		"no such folder": {func(p *poller.Poller) {
			p.Mailbox.Folders = []string{"Bounces"}
		}, "select", "there are: INBOX"},
		"moved where it is read": {func(p *poller.Poller) {
			p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "inbox"
		}, "tidy", "another folder"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPoller(server, newMemo())
			p.DialTimeout = 300 * time.Millisecond
			c.change(p)
			_, err := p.Poll(t.Context())
			wantError(t, err, c.stage, c.hint)
		})
	}
}

func noPassword(context.Context) (string, error) { return "", errors.New("no such file") }

// dialError is a dialer that fails.
func dialError(err error) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: err}
	}
}

func noSuchHost(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "imap.example", IsNotFound: true}}
}

// What a server answers, by its code, to the login or to opening a folder.
func TestAnswersSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct{ command, answer, stage, hint string }{
		"later":     {"LOGIN", "NO [UNAVAILABLE] backend down", "login", "next poll"},
		"too many":  {"LOGIN", "NO [LIMIT] ten connections", "login", "next poll"},
		"wrong":     {"LOGIN", "NO [AUTHENTICATIONFAILED] no", "login", "check username and password"},
		"no code":   {"LOGIN", "NO LOGIN failed.", "login", "app password or OAuth2"},
		"in clear":  {"LOGIN", "NO [PRIVACYREQUIRED] encrypt first", "login", "implicit"},
		"no rights": {"EXAMINE", "NO [NOPERM] not yours", "select", "right"},
		"locked":    {"EXAMINE", "NO [INUSE] another process has it", "select", "next poll"},
		"a bug":     {"EXAMINE", "NO [SERVERBUG] internal error", "select", "next poll"},
		"damaged":   {"EXAMINE", "NO [CORRUPTION] bad index", "select", "damaged"},
		"expired":   {"LOGIN", "NO [EXPIRED] too old", "login", "has expired"},
		"of others": {"LOGIN", "NO [AUTHORIZATIONFAILED] not as that user", "login", "check username"},
		"locked up": {"LOGIN", "NO [CONTACTADMIN] suspended", "login", "who runs the server"},
		"full":      {"UID STORE", "NO [OVERQUOTA] over quota", "tidy", "make room"},
		"expunge":   {"UID EXPUNGE", "NO [NOPERM] not yours", "tidy", "right"},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := &script{mails: threeMails()}
			s.on = func(cc *scripted, tag, command string) bool {
				if strings.HasPrefix(command, c.command) {
					cc.send("%s %s", tag, c.answer)
					return true
				}
				return false
			}
			p := scriptPoller(s, newMemo())
			p.Mailbox.After = poller.AfterDelete
			_, err := p.Poll(t.Context())
			wantError(t, err, c.stage, c.hint)
			if _, text, _ := strings.Cut(c.answer, "] "); !strings.Contains(err.Error(), text) {
				t.Errorf("%v does not say what the server said", err)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	server := imaptest.Memory(t)
	for name, change := range map[string]func(*poller.Mailbox){
		"tls":       func(m *poller.Mailbox) { m.TLS = "ssl" },
		"after":     func(m *poller.Mailbox) { m.After = "eat" },
		"move_to":   func(m *poller.Mailbox) { m.After = poller.AfterMove },
		"unread":    func(m *poller.Mailbox) { m.Unread = "seen" },
		"unread_to": func(m *poller.Mailbox) { m.Unread = poller.UnreadMove },
		"password":  func(m *poller.Mailbox) { m.Password = nil },
	} {
		p := newPoller(server, newMemo())
		change(&p.Mailbox)
		if _, err := p.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWaysIn(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		load(server, "INBOX", 1)
		for mode, addr := range map[poller.TLSMode]string{
			poller.TLSImplicit: server.TLSAddr, poller.TLSStartTLS: server.Addr, poller.TLSNone: server.Addr,
		} {
			p := newPoller(server, newMemo())
			p.Mailbox.Host, p.Mailbox.TLS = addr, mode
			if got := poll(t, p); got.Fetched != 1 {
				t.Errorf("%s: got %+v", mode, got)
			}
		}
		p := newPoller(server, newMemo())
		p.Mailbox.Host, p.Mailbox.TLS = strings.Replace(server.Addr, "127.0.0.1", "localhost", 1), poller.TLSNone
		if got := poll(t, p); got.Fetched != 1 {
			t.Errorf("localhost: got %+v", got)
		}
	})
}
