package poller

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	maxAnswer  = 64 << 10         // octets of an answer of a token endpoint
	answerTime = 30 * time.Second // for one request and its whole answer
)

// An endpointTransport does one request to a token endpoint at a time and reads the
// answer whole, so that its size and its time have an end, whatever x/oauth2 does.
type endpointTransport struct {
	ctx  context.Context // x/oauth2 v0.37.0 gives the device request none
	base http.RoundTripper
}

// endpointClient returns a client for one exchange with a token endpoint. It follows
// no redirect, which would carry secrets to another place.
func endpointClient(ctx context.Context, base http.RoundTripper) *http.Client {
	if base == nil {
		base = &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true, // an hour passes before the next request
		}
	}
	return &http.Client{
		Transport:     endpointTransport{ctx, base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip implements http.RoundTripper.
func (t endpointTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkEndpoint(req.URL); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(t.ctx, answerTime, fmt.Errorf("no whole answer within %v", answerTime))
	defer cancel()
	stop := context.AfterFunc(req.Context(), cancel)
	defer stop()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d octets", maxAnswer)
	}
	if string(bytes.TrimSpace(body)) == "null" { // x/oauth2 v0.37.0 panics on it
		return nil, errors.New("the answer is empty (null)")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// checkEndpoint refuses what would send secrets in clear over a network.
func checkEndpoint(u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	local := net.ParseIP(host).IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
	if u.Scheme == "https" || u.Scheme == "http" && local {
		return nil
	}
	return errors.New("a token endpoint must begin with https:// (http:// is for loopback only)")
}

// excerpt makes text of a server fit for an error: one line, and not too long.
func excerpt(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
