package poller

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// A Flow is a way to get access tokens.
type Flow string

const (
	FlowClientCredentials Flow = "client_credentials" // as an application of its own right (RFC 6749 section 4.4)
	FlowRefreshToken      Flow = "refresh_token"      // by a refresh token that somebody got elsewhere (section 6)
	FlowDevice            Flow = "device"             // by the refresh token of a sign-in on another device (RFC 8628): Authorize
	FlowServiceAccount    Flow = "service_account"    // as a Google service account that acts for the mailbox (RFC 7523)
)

// renewBefore is how long before its end a token is not used for a login any more.
const renewBefore = 5 * time.Minute

// A Secret gives a secret at the time it is needed.
type Secret func(context.Context) (string, error)

// OAuth2 gets access tokens, keeps them while they are good and renews them before
// they end. What a flow does not need may be left out. Token may be called from several
// goroutines.
type OAuth2 struct {
	Flow     Flow
	Name     string // of the mailbox as configured, for hints
	Username string // the mailbox's address, for which a service account acts
	ClientID string

	ClientSecret Secret    // nil: none, or a certificate instead
	SecretEnds   time.Time // of ClientSecret; zero: not known
	// The certificate, in PEM, and its key (RSA; P-256 where not Microsoft) prove who the client is (RFC 7523
	// section 2.2) in place of a secret; both nil: none.
	Certificate, CertificateKey Secret
	ServiceAccount              Secret // the JSON of Google's key file
	RefreshToken                Secret // the one to begin with

	TokenURL  string // of a service account: empty for that in its key file
	DeviceURL string
	Scopes    []string
	// Probe asks first with the secret in the Authorization header, as RFC 6749
	// section 2.3.1 has it, and then among the parameters, as Google and Microsoft do.
	Probe bool

	Store     TokenStore        // for the device and refresh token flows; nil: memory
	Log       *slog.Logger      // told when something is about to end; nil: nothing is logged
	Transport http.RoundTripper // nil: one of its own, with TLS 1.2 or later

	mu      sync.Mutex
	access  string
	expires time.Time // of access; zero: not told
	unsaved *Stored   // a refresh token the store could not take
	warned  map[string]time.Time
}

// Token returns an access token that is good for a while; with refused, a token
// other than that if there is one. Errors are of type *Error, of stage "login", and
// never hold a secret.
func (o *OAuth2) Token(ctx context.Context, refused string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.warnSecret()
	usable := o.access != "" && o.access != refused && !o.expires.IsZero()
	left := time.Until(o.expires)
	if usable && left > renewBefore {
		return o.access, nil
	}
	token, err := o.fetch(ctx)
	if err != nil {
		if usable && left > 0 && ctx.Err() == nil {
			o.log().Warn("the access token could not be renewed; it is still good for a while", "ends", o.expires.UTC(), "err", err)
			return o.access, nil
		}
		return "", o.named(failToken(ctx, err))
	}
	o.access, o.expires = token.AccessToken, token.Expiry
	return o.access, nil
}

// Expires returns when the access token that Token returned last ends; zero if there
// is none or its end was not told.
func (o *OAuth2) Expires() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.expires
}

// fetch gets a new token by the flow.
func (o *OAuth2) fetch(ctx context.Context) (*oauth2.Token, error) {
	switch o.Flow {
	case FlowClientCredentials:
		return o.request(ctx, o.TokenURL, nil)
	case FlowServiceAccount:
		return o.delegated(ctx)
	case FlowRefreshToken, FlowDevice:
		return o.refresh(ctx)
	}
	return nil, errors.New("no flow is given")
}

// named puts the mailbox's name into a hint.
func (o *OAuth2) named(err error) error {
	var failed *Error
	if o.Name != "" && errors.As(err, &failed) {
		failed.Hint = strings.ReplaceAll(failed.Hint, "MAILBOX", o.Name)
	}
	return err
}

func (o *OAuth2) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// warnSecret tells when the client secret is about to end.
func (o *OAuth2) warnSecret() {
	o.warnEnd("the client secret", o.SecretEnds, 30*24*time.Hour, "make a new one where the application is registered")
}

// warnEnd tells, once a day, that something ends soon or has ended.
func (o *OAuth2) warnEnd(what string, end time.Time, early time.Duration, todo string) {
	now := time.Now()
	if end.IsZero() || end.Sub(now) > early || now.Sub(o.warned[what]) < 24*time.Hour {
		return
	}
	if o.warned == nil {
		o.warned = map[string]time.Time{}
	}
	o.warned[what] = now
	message := what + " ends soon"
	if end.Before(now) {
		message = what + " has ended"
	}
	o.log().Warn(message, "ends", end.UTC().Format(time.RFC3339), "todo", todo)
}
