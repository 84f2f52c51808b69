package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"bouncehound"
)

// newClient returns a client of its own for each endpoint, so that none waits for
// a connection of another.
func newClient(d *dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  proxy,
			OnProxyConnectResponse: proxyAnswer,
			DialContext:            d.connect,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        90 * time.Second,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
		// An event goes to the endpoint that is configured and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// proxy is the proxy of the environment. The library's own error would quote its
// URL, password included.
func proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy named in the environment (HTTPS_PROXY, HTTP_PROXY) is no valid URL")
	}
	return u, nil
}

// proxyAnswer says that it was the proxy that refused: the library's own error is the
// proxy's text alone.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}

// hangUp closes all connections to the endpoint.
func (s *Sender) hangUp() {
	s.client.CloseIdleConnections()
	s.dialer.hangUp()
}

// post makes one attempt at an event and says what came of it.
func (s *Sender) post(ctx context.Context, e bouncehound.Event) outcome {
	now := time.Now()
	body, err := s.format.body(e, now)
	switch {
	case errors.Is(err, errNoCounterpart):
		return outcome{fate: skipped, err: err}
	case err != nil:
		return outcome{fate: refused, err: errors.New("not sent: " + s.fit(err.Error(), maxError))}
	}
	attempt, cancel := context.WithTimeout(sparing(ctx), s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(attempt, http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		return outcome{fate: held, err: s.readable(ctx, err)}
	}
	req.Header = s.headers.Clone()
	req.Host = req.Header.Get("Host") // empty: that of the URL
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "bouncehound")
	}
	if s.username != "" {
		req.SetBasicAuth(s.username, s.password)
	}
	req.Header.Set("Content-Type", "application/json")
	if err := s.format.sign(req.Header, e.ID, now, body); err != nil {
		return outcome{fate: held, err: errors.New("the event could not be signed")}
	}
	// Present but empty, this is not sent and tells net/http that it may use another
	// connection if a kept one turns out to be closed: the id makes a repeat harmless.
	if req.Header.Get("X-Idempotency-Key") == "" {
		req.Header["X-Idempotency-Key"] = nil
	}
	resp, err := s.client.Do(req)
	switch {
	case err == nil:
		return s.judge(resp)
	case ctx.Err() != nil:
		return outcome{fate: aborted, err: ctx.Err()}
	}
	s.hangUp() // the next attempt begins with a connection of its own
	return outcome{fate: held, err: s.readable(attempt, err)}
}

// readable makes an error of the HTTP client fit to be stored and read: without
// the URL, and as fit does, for it may quote what the server said.
func (s *Sender) readable(attempt context.Context, err error) error {
	if errors.Is(attempt.Err(), context.DeadlineExceeded) {
		return unreached{"no answer within " + s.timeout.String(), hintOf(context.DeadlineExceeded)}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return unreached{s.fit(err.Error(), maxError), hintOf(err)}
}
