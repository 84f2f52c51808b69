package poller

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// withToken logs in by XOAUTH2 or OAUTHBEARER. After an error the connection is of
// no more use: servers differ in what they expect then.
func (p *Poller) withToken(s *session, caps imap.CapSet, token string) error {
	b := p.Mailbox.bearerFor(caps, token)
	if b == nil {
		return &Error{
			Stage: "login", Err: errors.New("the server offers neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER on this connection"),
			Hint: `use tls = "implicit" or "starttls"; if it is encrypted already, this server takes passwords only: auth = "password"`,
		}
	}
	err := s.do(0, func() error { return s.client.Authenticate(b) })
	response := base64.StdEncoding.EncodeToString(b.first)
	err = redact(err, response, token)
	if !refused(err) {
		return fail("login", "", err)
	}
	failed := &Error{Stage: "login", Hint: p.hintToken(err), Err: err}
	if reason := b.reason(response, token); reason != "" {
		failed.Err = fmt.Errorf("%w (%s)", err, reason)
	}
	return failed
}

// enter connects and logs in, unless that was refused too often of late.
func (p *Poller) enter(ctx context.Context) (*session, error) {
	if err := p.refusals.wait(time.Now()); err != nil {
		return nil, err
	}
	s, err := p.admitted(ctx)
	p.refusals.count(err, time.Now())
	return s, err
}

// admitted connects and logs in. A token that is refused is renewed once: it may have
// been revoked, or the clocks differ.
func (p *Poller) admitted(ctx context.Context) (*session, error) {
	token := ""
	if p.Mailbox.Token != nil {
		var err error
		if token, err = p.token(ctx, ""); err != nil {
			return nil, err
		}
	}
	s, err := p.loggedIn(ctx, token)
	if token == "" || !refused(err) || later(err) {
		return s, err
	}
	renewed, failed := p.token(ctx, token)
	if failed != nil {
		return nil, failed
	}
	if renewed == token {
		return nil, err
	}
	p.log().Info("the server refused the token; trying a new one")
	return p.loggedIn(ctx, renewed)
}

func (p *Poller) loggedIn(ctx context.Context, token string) (*session, error) {
	s, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.odd = &p.odd
	if err := p.login(ctx, s, token); err != nil {
		s.close()
		return nil, err
	}
	if p.introduce(s) && ctx.Err() == nil { // this mailbox can do without
		s.close()
		p.odd.id.lost()
		return p.loggedIn(ctx, token)
	}
	return s, nil
}

// token asks for a token other than the one refused, and sees that it can be one (RFC
// 6750 section 2.1): other characters would end it early on its way to the server.
func (p *Poller) token(ctx context.Context, refused string) (string, error) {
	token, err := p.Mailbox.Token(ctx, refused)
	if err != nil {
		return "", failToken(ctx, err)
	}
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", &Error{
			Stage: "login", Hint: "token_command must print an access token and nothing else",
			Err: errors.New("token: there is none, or it holds characters that no token has"),
		}
	}
	return token, nil
}

// failToken makes an error of a token source one of the login.
func failToken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var already *Error
	if errors.As(err, &already) {
		return err
	}
	return &Error{Stage: "login", Err: fmt.Errorf("token: %w", err)}
}
