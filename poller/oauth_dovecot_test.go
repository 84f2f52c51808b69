package poller_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// oauthPoller polls a server with what a source gives.
func oauthPoller(server *imaptest.Server, m *memo, o *poller.OAuth2) *poller.Poller {
	p := newPoller(server, m)
	p.Mailbox.Password, p.Mailbox.Token = nil, o.Token
	return p
}

// Against the real thing, by both mechanisms and by every flow, with a token server on
// loopback: a good token is let in, one that was revoked is renewed once, and one that
// no renewal helps is an error that says so.
func TestDovecotOAuth(t *testing.T) {
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			server, oauth := imaptest.DovecotOAuth(t, mechanism)
			load(server, "INBOX", 3)
			for name, flow := range map[string]func(*poller.OAuth2){
				"a secret": func(*poller.OAuth2) {},
				"a certificate": func(o *poller.OAuth2) {
					certPEM, keyPEM := certificate(t, "app", time.Now().Add(time.Hour))
					o.ClientSecret, o.Certificate, o.CertificateKey = nil, password(string(certPEM)), password(string(keyPEM))
				},
				"a refresh token": func(o *poller.OAuth2) {
					o.Flow, o.RefreshToken, o.Store = poller.FlowRefreshToken, password("first"), &memoryTokens{}
				},
				"a sign-in": func(o *poller.OAuth2) {
					o.Flow, o.Store = poller.FlowDevice, &memoryTokens{stored: poller.Stored{ClientID: o.ClientID, RefreshToken: "r"}}
				},
				"a service account": func(o *poller.OAuth2) {
					o.Flow, o.ServiceAccount = poller.FlowServiceAccount, password(keyFile(t, ""))
				},
			} {
				if mechanism != "xoauth2" && name != "a secret" {
					continue // a refused login takes Dovecot half a second, whatever the flow
				}
				t.Run(name, func(t *testing.T) {
					tokens := &tokenServer{}
					endpoint := httptest.NewServer(tokens)
					defer endpoint.Close()
					o := tokens.source()
					o.TokenURL, o.Transport = endpoint.URL+"/token", nil
					flow(o)
					oauth.Let("access-1")
					before := len(oauth.Asked())
					if got := poll(t, oauthPoller(server, newMemo(), o)); got.Fetched != 3 {
						t.Errorf("got %+v", got)
					}
					oauth.Let("access-2")
					if got := poll(t, oauthPoller(server, newMemo(), o)); got.Fetched != 3 {
						t.Errorf("after it was revoked: got %+v", got)
					}
					oauth.Let()
					_, err := oauthPoller(server, newMemo(), o).Poll(t.Context())
					wantError(t, err, "login", "token")
					if strings.Contains(err.Error(), "access-") {
						t.Errorf("the token is in %v", err)
					}
					if got := slices.Compact(oauth.Asked()[before:]); !slices.Equal(got, []string{"access-1", "access-2", "access-3"}) {
						t.Errorf("tried %q", got)
					}
				})
			}
		})
	}
}

// A password still works beside, and where no token mechanism is offered a token is not
// sent as one.
func TestDovecotOAuthBesides(t *testing.T) {
	server, oauth := imaptest.DovecotOAuth(t, "xoauth2", "oauthbearer")
	load(server, "INBOX", 1)
	if got := poll(t, newPoller(server, newMemo())); got.Fetched != 1 {
		t.Errorf("by password: got %+v", got)
	}
	oauth.Let(goodToken)
	p := newPoller(server, newMemo())
	p.Mailbox.Token = tokens(goodToken)
	if got := poll(t, p); got.Fetched != 1 || fmt.Sprint(oauth.Asked()) != fmt.Sprint([]string{goodToken}) {
		t.Errorf("by token: got %+v, asked %q", got, oauth.Asked())
	}
	only := imaptest.Dovecot(t)
	p = newPoller(only, newMemo())
	p.Mailbox.Token = tokens(goodToken)
	_, err := p.Poll(t.Context())
	wantError(t, err, "login", `auth = "password"`)
}
