package poller

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// login logs in and learns what the server can do.
func (p *Poller) login(ctx context.Context, s *session, token string) error {
	if s.client.State() == imap.ConnStateNotAuthenticated {
		if err := p.authenticate(ctx, s, token); err != nil {
			return err
		}
	}
	// go-imap may still hold the capabilities from before the login, so they are
	// asked for here.
	err := s.do(0, func() error {
		caps, err := s.client.Capability().Wait()
		if caps == nil && err == nil {
			caps = s.client.Caps()
		}
		s.caps = caps
		return err
	})
	if err == nil && s.caps == nil {
		err = errors.New("the server does not tell its capabilities")
	}
	return fail("login", "", err)
}

// introduce tells a server that wants to know which program this is, and no more of it.
// It reports whether the connection was lost over that.
//
// QUIRK: NetEase (163.com, 126.com, yeah.net) says "Unsafe Login" to every EXAMINE before
// it was told; o2.pl and mail.de say that they know ID and then that they don't.
func (p *Poller) introduce(s *session) (lost bool) {
	if p.Version == "" || !s.caps.Has(imap.CapID) || s.odd.id.known() {
		return false
	}
	err := s.do(0, func() error {
		_, err := s.client.ID(&imap.IDData{Name: "bouncehound", Version: p.Version}).Wait()
		return err
	})
	return err != nil && !refused(err)
}

// authenticate logs in with the token, or where there is none with the password.
func (p *Poller) authenticate(ctx context.Context, s *session, token string) error {
	password := ""
	if p.Mailbox.Token == nil {
		var err error
		if password, err = p.Mailbox.Password(ctx); err != nil {
			return &Error{Stage: "login", Hint: "check password_file or password_command", Err: fmt.Errorf("password: %w", err)}
		}
	}
	var caps imap.CapSet
	// Waiting for the capabilities also keeps the request that go-imap makes for
	// them from being sent behind LOGIN, where Courier would never answer it.
	err := s.do(0, func() error {
		begun := time.Now()
		if caps = s.client.Caps(); caps == nil && s.dead() {
			return io.ErrUnexpectedEOF
		} else if caps == nil { // go-imap has given up waiting
			return stallError{after: time.Since(begun)}
		}
		return nil
	})
	if err != nil {
		return fail("login", "", err)
	}
	if p.Mailbox.Token != nil {
		return p.withToken(s, caps, token)
	}
	return p.withPassword(s, caps, password)
}

func (p *Poller) withPassword(s *session, caps imap.CapSet, password string) error {
	user := p.Mailbox.Username
	err := s.do(0, func() error {
		switch {
		case caps.Has(imap.AuthCap(sasl.Plain)):
			return s.client.Authenticate(sasl.NewPlainClient("", user, password))
		case !caps.Has(imap.CapLoginDisabled):
			return s.client.Login(user, password).Wait()
		}
		return &Error{
			Stage: "login", Err: errors.New("the server takes no passwords on this connection (LOGINDISABLED)"),
			Hint: `use tls = "implicit" or "starttls"; if it is encrypted already, the provider may want OAuth2`,
		}
	})
	response := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(password)
	err = redact(err, response, password, quoted)
	if refused(err) && exchangeOnline(p.Mailbox.Host) {
		return &Error{Stage: "login", Hint: hintNoPasswords, Err: err}
	}
	return fail("login", "", err)
}
