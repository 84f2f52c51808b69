package poller_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
)

// A memoryTokens is a TokenStore that can fail.
type memoryTokens struct {
	stored poller.Stored
	saved  int
	fail   error
}

func (m *memoryTokens) Load() (poller.Stored, error) { return m.stored, nil }

func (m *memoryTokens) Save(s poller.Stored) error {
	if m.fail != nil {
		return m.fail
	}
	m.stored, m.saved = s, m.saved+1
	return nil
}

// rotating answers with an access token and the next refresh token.
func rotating(n int) answer {
	return answer{body: fmt.Sprintf(`{"access_token":"access-%d","expires_in":3600,"refresh_token":"refresh-%d"}`, n, n)}
}

// refreshing is a source that begins with a configured refresh token.
func (s *tokenServer) refreshing(configured string, store poller.TokenStore) *poller.OAuth2 {
	o := s.source()
	o.Flow, o.RefreshToken, o.Store = poller.FlowRefreshToken, password(configured), store
	return o
}

func TestRefreshToken(t *testing.T) {
	s := &tokenServer{answers: []answer{{body: `{"access_token":"a","expires_in":3600}`}}}
	store := &memoryTokens{}
	o := s.refreshing("first", store)
	wantToken(t, o, "", "a")
	if got := s.last(); got.Get("grant_type") != "refresh_token" || got.Get("refresh_token") != "first" || got.Get("client_id") != "client" ||
		got.Get("client_secret") != "cl13nts3cr3t" || got.Get("scope") != "imap more" {
		t.Errorf("sent %v", got)
	}
	if store.saved != 0 {
		t.Errorf("saved %#v, though nothing is new", store.stored)
	}
}

// Each refresh token that the provider hands out is stored, and is the one used from
// then on, in another process too, until another is configured.
func TestRefreshTokenRotates(t *testing.T) {
	inBubble(t, "rotation", func(t *testing.T) {
		s := &tokenServer{answers: []answer{rotating(1), rotating(2), rotating(3), rotating(4)}}
		store := &memoryTokens{}
		o := s.refreshing("first", store)
		want := func(sent, stored string) {
			t.Helper()
			if s.last().Get("refresh_token") != sent || store.stored.RefreshToken != stored {
				t.Errorf("sent %v, stored %v; want %s, %s", s.last(), store.stored.RefreshToken, sent, stored)
			}
		}
		wantToken(t, o, "", "access-1")
		want("first", "refresh-1")
		time.Sleep(time.Hour)
		wantToken(t, o, "", "access-2")
		want("refresh-1", "refresh-2")
		wantToken(t, s.refreshing("first", store), "", "access-3")
		want("refresh-2", "refresh-3")
		wantToken(t, s.refreshing("another", store), "", "access-4")
		want("another", "refresh-4")
		if strings.Contains(fmt.Sprintf("%v %+v %#v %s", store.stored, store.stored, store.stored, store.stored), "refresh-") {
			t.Error("a stored token can be printed")
		}
		o = s.refreshing("another", store)
		o.ClientID = "other client"
		wantToken(t, o, "", "access-4")
		want("another", "refresh-4")
	})
}

// A refresh token that cannot be stored is held and stored later: the one before may
// be good no more.
func TestRefreshTokenIsNotLost(t *testing.T) {
	inBubble(t, "the disk is full", func(t *testing.T) {
		var log bytes.Buffer
		s := &tokenServer{answers: []answer{rotating(1), rotating(2), {body: `{"access_token":"access-3","expires_in":3600}`}}}
		store := &memoryTokens{fail: errors.New("no space left on device")}
		o := s.refreshing("first", store)
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		wantToken(t, o, "", "access-1")
		if !strings.Contains(log.String(), "could not be stored") || !strings.Contains(log.String(), "no space") || strings.Contains(log.String(), "refresh-1") {
			t.Errorf("logged %s", log.String())
		}
		time.Sleep(time.Hour)
		wantToken(t, o, "", "access-2")
		if s.last().Get("refresh_token") != "refresh-1" {
			t.Errorf("sent %v", s.last())
		}
		store.fail = nil
		time.Sleep(time.Hour)
		wantToken(t, o, "", "access-3")
		if s.last().Get("refresh_token") != "refresh-2" || store.stored.RefreshToken != "refresh-2" {
			t.Errorf("sent %v, stored %q", s.last(), store.stored.RefreshToken)
		}
		o.Store = nil
		wantToken(t, o, "access-3", "access-3")
	})
}

// Whoever signs in while a token is renewed wins.
func TestSignInWins(t *testing.T) {
	inBubble(t, "a race", func(t *testing.T) {
		store := &memoryTokens{stored: poller.Stored{ClientID: "client", RefreshToken: "old", Saved: time.Now()}}
		s := &tokenServer{answers: []answer{rotating(1)}}
		o := s.source()
		o.Flow, o.Store = poller.FlowDevice, &racing{store, poller.Stored{ClientID: "client", RefreshToken: "new", Saved: time.Now().Add(time.Second)}}
		wantToken(t, o, "", "access-1")
		if s.last().Get("refresh_token") != "old" || store.stored.RefreshToken != "new" {
			t.Errorf("sent %v, stored %q", s.last(), store.stored.RefreshToken)
		}
	})
}

// racing is a store in which somebody signs in after each Load.
type racing struct {
	*memoryTokens
	signIn poller.Stored
}

func (r *racing) Load() (poller.Stored, error) {
	before := r.stored
	r.stored = r.signIn
	return before, nil
}

func TestNoSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		stored poller.Stored
		hint   string
	}{
		"none":                        {poller.Stored{}, "bouncehound auth bounces"},
		"of another client":           {poller.Stored{ClientID: "other", RefreshToken: "r"}, "bouncehound auth bounces"},
		"of the refresh token's flow": {poller.Stored{ClientID: "client", RefreshToken: "r", From: "abc"}, "bouncehound auth bounces"},
	} {
		s := &tokenServer{}
		o := s.source()
		o.Flow, o.Store = poller.FlowDevice, &memoryTokens{stored: c.stored}
		err := wantToken(t, o, "", "")
		wantError(t, err, "login", c.hint)
		if len(s.requests) != 0 {
			t.Errorf("%s: asked", name)
		}
	}
	o := (&tokenServer{}).source()
	o.Flow, o.Store = poller.FlowDevice, &unreadableTokens{}
	wantError(t, wantToken(t, o, "", ""), "login", "owner")
}

type unreadableTokens struct{ memoryTokens }

func (unreadableTokens) Load() (poller.Stored, error) {
	return poller.Stored{}, errors.New("permission denied")
}

// Google tells of apps in status Testing that a sign-in ends after seven days.
func TestSignInEnds(t *testing.T) {
	for told, wanted := range map[string]bool{
		`,"refresh_token_expires_in":604799`: true, `,"refresh_token_expires_in":"86400"`: true, `,"refresh_token_expires_in":7776000`: false,
		"": false, `,"refresh_token_expires_in":-1`: false, `,"refresh_token_expires_in":1e300`: false, `,"refresh_token_expires_in":{}`: false,
	} {
		var log bytes.Buffer
		s := &tokenServer{answers: []answer{{body: `{"access_token":"a","refresh_token":"r"` + told + `}`}}}
		store := &memoryTokens{}
		o := s.refreshing("first", store)
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		wantToken(t, o, "", "a")
		if warned := strings.Contains(log.String(), "the sign-in ends soon"); warned != wanted {
			t.Errorf("%s: logged %s", told, log.String())
		}
		if wanted && store.stored.Ends.IsZero() {
			t.Errorf("%s: its end is not stored", told)
		}
	}
}
