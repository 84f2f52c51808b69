package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// A Prompt is what whoever signs in has to do.
type Prompt struct {
	URL    string        // to open in a browser, on any device
	Code   string        // to enter there
	Within time.Duration // the code is good for so long
}

const (
	longestCode    = 24 * time.Hour
	codeTime       = 15 * time.Minute // where the server does not tell, as RFC 8628 section 3.2 says it must
	defaultAskWait = 5                // seconds between two questions (section 3.2)
	longestAskWait = 60
)

// Authorize signs in by the device flow (RFC 8628): it shows the prompt, waits until
// somebody has followed it, and stores the refresh token.
func (o *OAuth2) Authorize(ctx context.Context, show func(Prompt)) error {
	if o.Flow != FlowDevice || o.Store == nil {
		return errors.New("only the device flow has a sign-in")
	}
	who, err := o.identity(ctx, o.TokenURL)
	if err != nil {
		return err
	}
	config := oauth2.Config{
		ClientID: o.ClientID, ClientSecret: who.secret, Scopes: o.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL, DeviceAuthURL: o.DeviceURL, AuthStyle: o.authStyle(who.secret)},
	}
	answer, err := config.DeviceAuth(o.endpointContext(ctx))
	if err != nil {
		return o.named(explain(ctx, err, o.DeviceURL, []string{who.secret}))
	}
	if answer.DeviceCode == "" || answer.UserCode == "" || answer.VerificationURI == "" {
		return &Error{Stage: "login", Hint: "check device_url", Err: errors.New("the answer of the device endpoint lacks the code or the address")}
	}
	within := time.Until(answer.Expiry)
	if answer.Expiry.IsZero() || within > longestCode {
		within = codeTime
	}
	answer.Expiry = time.Now().Add(within)
	if answer.Interval <= 0 {
		answer.Interval = defaultAskWait
	}
	answer.Interval = min(answer.Interval, longestAskWait)
	show(Prompt{URL: excerpt(answer.VerificationURI), Code: excerpt(answer.UserCode), Within: within.Round(time.Second)})
	var opts []oauth2.AuthCodeOption
	for key := range who.params {
		opts = append(opts, oauth2.SetAuthURLParam(key, who.params.Get(key)))
	}
	secrets := []string{who.secret, answer.DeviceCode, who.params.Get("client_assertion")}
	token, err := o.await(ctx, &config, answer, opts, secrets)
	if err != nil {
		return o.named(explain(ctx, err, o.TokenURL, secrets))
	}
	if token.RefreshToken == "" {
		return &Error{
			Stage: "login", Err: errors.New("the provider gave no refresh token"),
			Hint: "ask for one by a scope: offline_access at Microsoft and most others",
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	err = o.Store.Save(Stored{ClientID: o.ClientID, RefreshToken: token.RefreshToken, Saved: time.Now().UTC(), Ends: refreshEnds(token)})
	if err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	o.access, o.expires, o.unsaved = token.AccessToken, token.Expiry, nil
	return nil
}

// await asks until there is a token, somebody declines, or the code ends. A question
// that got no answer is asked again (RFC 8628 section 3.5).
func (o *OAuth2) await(ctx context.Context, config *oauth2.Config, answer *oauth2.DeviceAuthResponse, opts []oauth2.AuthCodeOption, secrets []string) (*oauth2.Token, error) {
	for {
		token, err := config.DeviceAccessToken(o.endpointContext(ctx), answer, opts...)
		var told *oauth2.RetrieveError
		switch {
		case err == nil:
			return token, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !time.Now().Before(answer.Expiry):
			return nil, &oauth2.RetrieveError{ErrorCode: "expired_token", ErrorDescription: "nobody entered the code in time"}
		case errors.As(err, &told) && (told.ErrorCode != "" || told.Response.StatusCode < 500):
			return nil, err
		}
		o.log().Debug("asked for the token without an answer; asking again", "err", explain(ctx, err, o.TokenURL, secrets))
	}
}
