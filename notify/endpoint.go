package notify

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"bouncehound"
)

// newSender makes a sender without log and logger. All that is wrong with the
// endpoint is told at once.
func newSender(e Endpoint) (*Sender, error) {
	s := &Sender{name: e.Name, start: e.Start, timeout: e.Timeout, wake: make(chan struct{}, 1), dialer: newDialer()}
	s.client = newClient(s.dialer)
	var errs []error
	failed := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if e.Name == "" {
		failed(errors.New("it has no name"))
	}
	var err error
	s.url, err = endpointURL(e.URL)
	failed(err)
	s.format, s.types, err = newFormat(e)
	failed(err)
	s.username, s.password = e.Username, e.Password
	if e.Username == "" && e.Password != "" {
		failed(errors.New("username: missing, though there is a password"))
	}
	s.headers, err = extraHeaders(e.Headers)
	failed(err)
	if e.Username != "" && s.headers.Get("Authorization") != "" {
		failed(errors.New("headers: Authorization cannot be set beside a username"))
	}
	switch e.Start {
	case "":
		s.start = bouncehound.StartNow
	case bouncehound.StartNow, bouncehound.StartBeginning, bouncehound.StartStandings:
	default:
		failed(fmt.Errorf("start: %q is none of now, beginning, standings", e.Start))
	}
	switch {
	case e.Timeout < 0:
		failed(fmt.Errorf("timeout: %v is negative", e.Timeout))
	case e.Timeout == 0:
		s.timeout = DefaultTimeout
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	s.conceal = concealer(s.url, e)
	return s, nil
}

// endpointURL reads the URL of an endpoint. Its errors never quote it, because it
// may hold a password or a token.
func endpointURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("url: missing")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("url: cannot be read; special characters in user, password and query must be percent-encoded")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("url: must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("url: no host in it")
	case u.Fragment != "":
		return nil, errors.New("url: must not have a #fragment")
	}
	// QUIRK: net/http makes "xn--Bcher" of "Bücher" (Go 1.26): the case stays.
	host := bouncehound.Domain("@" + u.Hostname())
	if port := u.Port(); port != "" {
		u.Host = net.JoinHostPort(host, port)
	} else if !strings.Contains(host, ":") {
		u.Host = host
	}
	return u, nil
}

// ours are the header fields that an endpoint cannot set.
var ours = []string{
	"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
	"Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Te", "Upgrade",
}

// extraHeaders checks names and values as RFC 9110 sections 5.1 and 5.5 have them.
// Its errors do not quote values, which may be tokens.
func extraHeaders(fields map[string]string) (http.Header, error) {
	h := http.Header{}
	for name, value := range fields {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool {
			return r <= ' ' || r >= 0x7F || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
		}) {
			return nil, fmt.Errorf("headers: %q is no name of a header field", name)
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(ours, key) {
			return nil, fmt.Errorf("headers: %s cannot be set", key)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) {
			return nil, fmt.Errorf("headers: the value of %s has a line break or another control character in it", key)
		}
		if h[key] != nil {
			return nil, fmt.Errorf("headers: %s is set twice", key)
		}
		h.Set(key, value)
	}
	return h, nil
}

// concealer returns what replaces the endpoint's secrets in a text. Very short
// values are let be: replacing them would garble texts and hide nothing.
func concealer(u *url.URL, e Endpoint) *strings.Replacer {
	secrets := append(slices.Clone(e.Secrets), u.User.Username(), e.Password)
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	for _, value := range e.Headers {
		secrets = append(secrets, value)
		if _, token, ok := strings.Cut(value, " "); ok {
			secrets = append(secrets, token) // of "Bearer token"
		}
	}
	if via, err := proxy(&http.Request{URL: u}); err == nil && via != nil {
		password, _ := via.User.Password()
		secrets = append(secrets, password)
	}
	if e.Username != "" { // as the endpoint hears it (RFC 7617)
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(e.Username+":"+e.Password)))
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= 6 {
			pairs = append(pairs, secret, "[secret]", url.QueryEscape(secret), "[secret]")
		}
	}
	return strings.NewReplacer(pairs...)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
