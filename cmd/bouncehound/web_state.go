package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"time"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/notify"
	"bouncehound/web"
)

// A webState is how things stand for those who watch.
type webState struct {
	*db.DB
	webhooks  []config.Webhook
	mailboxes []config.Mailbox
	store     string // path
	watched   *watched
}

// Lags implements web.State.
func (s webState) Lags(ctx context.Context) ([]web.Lag, error) {
	cursors, err := s.Cursors(ctx)
	if err != nil {
		return nil, err
	}
	at := map[string]bouncehound.Cursor{}
	for _, c := range cursors {
		at[c.Consumer] = c
	}
	var lags []web.Lag
	for _, w := range s.webhooks {
		c, known := at[w.Name]
		if !known {
			continue
		}
		n, oldest, err := s.Lag(ctx, c, notify.EventTypes(w.Format, w.Events))
		if err != nil {
			return nil, err
		}
		lags = append(lags, web.Lag{Endpoint: w.Name, Events: n, Oldest: oldest})
	}
	return lags, nil
}

// Withheld implements web.State. Of a mailbox that is configured no more nothing is told.
func (s webState) Withheld(ctx context.Context) (map[string]int64, error) {
	counts, err := s.WithheldMessages(ctx)
	if err != nil {
		return nil, err
	}
	told := map[string]int64{}
	for _, m := range s.mailboxes {
		told[m.Name] = counts[m.Name]
	}
	return told, nil
}

// Credentials implements web.State.
func (s webState) Credentials(ctx context.Context) (all []web.Credential) {
	for _, m := range s.mailboxes {
		if m.OAuth2 == nil || m.Auth != "oauth2" {
			continue
		}
		signIn, _ := tokensOf(s.store, m.Name).Load() // one that cannot be read fails at the login
		for kind, ends := range map[string]time.Time{
			"client_secret": m.OAuth2.ClientSecretExpires,
			"certificate":   certificateEnds(ctx, m.OAuth2.Certificate),
			"sign_in":       signIn.Ends,
			"access_token":  s.watched.tokenEnd(m.Name),
		} {
			all = append(all, web.Credential{Mailbox: m.Name, Kind: kind, Ends: ends})
		}
	}
	return all
}

// certificateEnds returns when the first certificate of a PEM file ends; zero where
// there is none.
func certificateEnds(ctx context.Context, s config.Secret) time.Time {
	if !s.IsSet() {
		return time.Time{}
	}
	text, err := s.Read(ctx)
	if err != nil {
		return time.Time{}
	}
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			return c.NotAfter
		}
	}
	return time.Time{}
}
