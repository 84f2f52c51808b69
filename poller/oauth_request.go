package poller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// request asks a token endpoint for a token. params may name another grant than the
// client's own credentials, which clientcredentials passes on as it is.
func (o *OAuth2) request(ctx context.Context, tokenURL string, params url.Values) (*oauth2.Token, error) {
	who, err := o.identity(ctx, tokenURL)
	if err != nil {
		return nil, err
	}
	config := clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: who.secret, TokenURL: tokenURL, Scopes: o.Scopes,
		EndpointParams: url.Values{}, AuthStyle: o.authStyle(who.secret),
	}
	if o.Flow == FlowServiceAccount { // the assertion says it all
		config.ClientID, config.Scopes = "", nil
	}
	secrets := []string{who.secret}
	for _, more := range []url.Values{params, who.params} {
		for key, values := range more {
			config.EndpointParams[key] = values
			if key == "refresh_token" || key == "assertion" || key == "client_assertion" {
				secrets = append(secrets, values...)
			}
		}
	}
	token, err := config.Token(o.endpointContext(ctx))
	if err != nil {
		return nil, explain(ctx, err, tokenURL, secrets)
	}
	return token, nil
}

// endpointContext gives x/oauth2 the client to use.
func (o *OAuth2) endpointContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, endpointClient(ctx, o.Transport))
}

func (o *OAuth2) authStyle(secret string) oauth2.AuthStyle {
	if o.Probe && secret != "" {
		return oauth2.AuthStyleAutoDetect
	}
	return oauth2.AuthStyleInParams
}

// An identity is how the client proves who it is.
type identity struct {
	secret string
	params url.Values
}

func (o *OAuth2) identity(ctx context.Context, tokenURL string) (identity, error) {
	switch {
	case o.Flow == FlowServiceAccount:
	case o.Certificate != nil && o.CertificateKey != nil:
		params, err := o.assertion(ctx, tokenURL)
		return identity{params: params}, err
	case o.ClientSecret != nil:
		secret, err := o.ClientSecret(ctx)
		if err != nil {
			return identity{}, unreadable("client_secret", err)
		}
		return identity{secret: secret}, nil
	}
	return identity{}, nil
}

// unreadable is the error of a secret that could not be had.
func unreadable(key string, err error) error {
	return &Error{Stage: "login", Hint: "check " + key + "_file or " + key + "_command", Err: fmt.Errorf("%s: %w", key, err)}
}

// explain makes the error of a token endpoint one that says what to do. Of its answer
// no more is shown than an excerpt, and no secret.
func explain(ctx context.Context, err error, endpoint string, secrets []string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	host := endpoint
	if u, bad := url.Parse(endpoint); bad == nil {
		host = u.Host
	}
	for _, secret := range secrets { // a server may give back the form as it came
		secrets = append(secrets, url.QueryEscape(secret))
	}
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		text, todo := told(answer)
		return &Error{Stage: "login", Hint: todo, Err: fmt.Errorf("token from %s: %s", host, excerpt(hide(text, secrets...)))}
	}
	todo := hint("login", err)
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		todo = "the token endpoint's name could not be looked up: check the DNS of this machine, and tenant, authority or token_url"
	case errors.As(err, &op):
		todo = "the token endpoint could not be reached: let HTTPS to " + host + " through the firewall"
	}
	var inner *url.Error // its own text repeats the address
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &Error{Stage: "login", Hint: todo, Err: fmt.Errorf("token from %s: %s", host, excerpt(hide(err.Error(), secrets...)))}
}

// told returns what an answer says and what to do about it.
func told(answer *oauth2.RetrieveError) (text, todo string) {
	text = answer.ErrorCode
	if answer.ErrorDescription != "" {
		text += ": " + answer.ErrorDescription
	}
	if text == "" {
		text = fmt.Sprintf("%d %s", answer.Response.StatusCode, http.StatusText(answer.Response.StatusCode))
		if body := strings.TrimSpace(string(answer.Body)); body != "" && !strings.HasPrefix(body, "<") {
			text += ": " + body
		}
		switch code := answer.Response.StatusCode; {
		case code >= 300 && code < 400:
			todo = "the token endpoint sends elsewhere: check tenant, authority or token_url"
		case code == http.StatusNotFound:
			todo = "there is no token endpoint: check tenant, authority or token_url"
		case code == http.StatusTooManyRequests || code >= 500:
			todo = "the token endpoint is not able to just now; the next poll tries again"
		}
	}
	if said := adviceOn(text, saidByTokenEndpoint); said != "" {
		todo = said
	}
	return text, todo
}
