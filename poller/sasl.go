package poller

import (
	"encoding/json"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

const (
	mechXOAUTH2     = "XOAUTH2"
	mechOAuthBearer = "OAUTHBEARER"
)

// A bearer logs in with an access token. It takes part in what is left of an
// exchange after a refusal: the server tells why in a challenge, and says NO only
// when that was answered.
type bearer struct {
	mechanism string
	first     []byte // the initial response
	last      []byte // the answer to the challenge
	challenge []byte // the server's; nil if there was none
}

var _ sasl.Client = (*bearer)(nil)

// xoauth2 is the mechanism of Google and Microsoft (Gmail, "The SASL XOAUTH2
// mechanism"); the answer to the challenge is an empty line.
func xoauth2(user, token string) *bearer {
	return &bearer{
		mechanism: mechXOAUTH2,
		first:     []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01"),
		last:      []byte{},
	}
}

// oauthBearer is RFC 7628; the answer to the challenge is section 3.2.3's single ^A.
func oauthBearer(user, token, host, port string) *bearer {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) // RFC 5801 section 4
	return &bearer{
		mechanism: mechOAuthBearer,
		first:     []byte("n,a=" + name + ",\x01host=" + host + "\x01port=" + port + "\x01auth=Bearer " + token + "\x01\x01"),
		last:      []byte{1},
	}
}

// bearerFor chooses among the mechanisms that the server advertises; nil if it has
// none. XOAUTH2 comes first, since it is what the large providers document.
func (m Mailbox) bearerFor(caps imap.CapSet, token string) *bearer {
	switch {
	case caps.Has(imap.AuthCap(mechXOAUTH2)):
		return xoauth2(m.Username, token)
	case caps.Has(imap.AuthCap(mechOAuthBearer)):
		host, port, _ := net.SplitHostPort(m.Host) // connect has checked it
		return oauthBearer(m.Username, token, host, port)
	}
	return nil
}

// Start implements sasl.Client.
func (b *bearer) Start() (mechanism string, initial []byte, err error) {
	return b.mechanism, b.first, nil
}

// Next implements sasl.Client.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	b.challenge = challenge
	return b.last, nil
}

// reason returns what the challenge says, such as "status 400, scope
// https://mail.google.com/", without the secrets; "" if nothing can be made out (RFC
// 7628 section 3.2.2).
func (b *bearer) reason(secrets ...string) string {
	var told struct{ Status, Scope string }
	if json.Unmarshal(b.challenge, &told) != nil || told.Status == "" {
		return ""
	}
	text := "status " + told.Status
	if told.Scope != "" {
		text += ", scope " + told.Scope
	}
	return excerpt(hide(text, secrets...))
}

// A saslConn sends an empty answer to a challenge as the empty line it has to be.
//
// QUIRK: go-imap v2.0.0-beta.8 writes "=" for it, which RFC 9051 section 6.2.2 has
// for an empty initial response only. It writes each answer at one go.
type saslConn struct{ net.Conn }

func (c saslConn) Write(p []byte) (int, error) {
	if string(p) != "=\r\n" {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(p[1:]); err != nil {
		return 0, err
	}
	return len(p), nil
}
