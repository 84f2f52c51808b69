package poller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

// A Stored is what is kept of a sign-in between runs. It holds a secret.
type Stored struct {
	ClientID     string    `json:"client_id"`
	RefreshToken string    `json:"refresh_token"`
	From         string    `json:"from,omitempty"` // hash of the configured refresh token that it followed; empty: a sign-in
	Saved        time.Time `json:"saved"`
	Ends         time.Time `json:"ends,omitzero"` // of RefreshToken, where the provider told
}

// String keeps the secret out of logs.
func (s Stored) String() string { return "[stored token of " + s.ClientID + "]" }

// GoString is String for %#v.
func (s Stored) GoString() string { return s.String() }

// A TokenStore keeps the one sign-in of a mailbox.
type TokenStore interface {
	Load() (Stored, error) // the zero Stored if nothing was saved
	Save(Stored) error
}

var errNoSignIn = errors.New("nobody has signed in for this mailbox yet")

// refresh gets an access token by the refresh token, and keeps the new refresh token
// that the provider may hand out with it, since the old one may end then.
func (o *OAuth2) refresh(ctx context.Context) (*oauth2.Token, error) {
	now, err := o.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	token, err := o.request(ctx, o.TokenURL, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {now.RefreshToken}})
	if err != nil {
		return nil, err
	}
	next := now
	if token.RefreshToken != "" {
		next.RefreshToken = token.RefreshToken
	}
	if ends := refreshEnds(token); !ends.IsZero() {
		next.Ends = ends
	}
	o.warnEnd("the sign-in", next.Ends, 7*24*time.Hour, hintSignIn)
	if next.RefreshToken != now.RefreshToken {
		o.keep(now, next)
	}
	return token, nil
}

// signedIn returns the refresh token to use.
func (o *OAuth2) signedIn(ctx context.Context) (Stored, error) {
	var saved Stored
	if o.Store != nil {
		var err error
		if saved, err = o.Store.Load(); err != nil {
			return Stored{}, &Error{Stage: "login", Hint: "check the file's owner and mode, or " + hintSignIn, Err: fmt.Errorf("load the stored token: %w", err)}
		}
	}
	if o.unsaved != nil && !saved.Saved.After(o.unsaved.Saved) {
		saved = *o.unsaved
		o.save(saved)
	}
	from := ""
	if o.Flow == FlowRefreshToken {
		if o.RefreshToken == nil {
			return Stored{}, errors.New("no refresh token is given")
		}
		first, err := o.RefreshToken(ctx)
		if err != nil {
			return Stored{}, unreadable("refresh_token", err)
		}
		from = hash(first)
		// Another one than before means that somebody has signed in again.
		if saved.From != from || saved.ClientID != o.ClientID {
			return Stored{ClientID: o.ClientID, RefreshToken: first, From: from, Saved: saved.Saved}, nil
		}
	}
	switch {
	case saved.RefreshToken == "" || saved.From != from:
		return Stored{}, &Error{Stage: "login", Hint: "run: bouncehound auth MAILBOX", Err: errNoSignIn}
	case saved.ClientID != o.ClientID:
		return Stored{}, &Error{
			Stage: "login", Hint: "run: bouncehound auth MAILBOX",
			Err: fmt.Errorf("the sign-in was made for client_id %s, not for %s", saved.ClientID, o.ClientID),
		}
	}
	return saved, nil
}

// keep stores next, unless somebody has signed in since now was loaded.
func (o *OAuth2) keep(now, next Stored) {
	next.Saved = time.Now().UTC()
	if o.Store != nil {
		if saved, err := o.Store.Load(); err == nil && saved.RefreshToken != now.RefreshToken && saved.Saved.After(now.Saved) {
			return
		}
	}
	o.save(next)
}

// save stores a refresh token; one that cannot be stored is held in memory and tried
// again, since there may be no other that is good.
func (o *OAuth2) save(s Stored) {
	if o.Store != nil {
		err := o.Store.Save(s)
		if err == nil {
			o.unsaved = nil
			return
		}
		o.log().Error("the new refresh token could not be stored; it is lost if the program ends now", "err", err)
	}
	o.unsaved = &s
}

// refreshEnds returns when a refresh token ends; zero if it was not told.
//
// QUIRK: Google tells so of apps in status Testing, Microsoft's and others' field of
// the same name is for apps in a browser. RFC 6749 has none.
func refreshEnds(token *oauth2.Token) time.Time {
	var seconds float64
	switch v := token.Extra("refresh_token_expires_in").(type) {
	case float64:
		seconds = v
	case string:
		seconds, _ = strconv.ParseFloat(v, 64)
	case json.Number:
		seconds, _ = v.Float64()
	}
	if seconds <= 0 || seconds > 10*365*24*3600 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(seconds) * time.Second).UTC()
}

// hash tells tokens apart without keeping them.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
