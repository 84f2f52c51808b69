package poller_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
)

func device(interval, expires string) answer {
	return answer{body: `{"device_code":"d3v1c3","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device"` + interval + expires + `}`}
}

const (
	pending  = `{"error":"authorization_pending","error_description":"AADSTS70016"}`
	slowDown = `{"error":"slow_down"}`
	signedIn = `{"access_token":"access","expires_in":3600,"refresh_token":"refresh"}`
)

func TestDeviceFlow(t *testing.T) {
	standard := device(`,"interval":5`, `,"expires_in":900`)
	for name, c := range map[string]struct {
		answers []answer
		took    time.Duration
		within  time.Duration
		asked   int
		err     string
		hint    string
	}{
		"at once":    {[]answer{standard, {body: signedIn}}, 5 * time.Second, 15 * time.Minute, 2, "", ""},
		"after some": {[]answer{standard, {code: 400, body: pending}, {code: 400, body: pending}, {body: signedIn}}, 15 * time.Second, 15 * time.Minute, 4, "", ""},
		"slower":     {[]answer{standard, {code: 400, body: slowDown}, {code: 400, body: pending}, {body: signedIn}}, 25 * time.Second, 15 * time.Minute, 4, "", ""},
		"after a failure": {[]answer{standard, {err: io.ErrUnexpectedEOF}, {code: 503}, {code: 400, body: pending}, {body: signedIn}},
			20 * time.Second, 15 * time.Minute, 5, "", ""},
		"after no answer": {[]answer{standard, {slow: time.Hour}, {body: signedIn}}, 40 * time.Second, 15 * time.Minute, 3, "", ""},
		"no interval":     {[]answer{device("", `,"expires_in":60`), {body: signedIn}}, 5 * time.Second, time.Minute, 2, "", ""},
		"a bad interval":  {[]answer{device(`,"interval":-3`, `,"expires_in":60`), {body: signedIn}}, 5 * time.Second, time.Minute, 2, "", ""},
		"a long interval": {[]answer{device(`,"interval":100000`, ""), {body: signedIn}}, time.Minute, 15 * time.Minute, 2, "", ""},
		"for ever":        {[]answer{device("", `,"expires_in":99999999999999`), {body: signedIn}}, 5 * time.Second, 15 * time.Minute, 2, "", ""},
		"declined":        {[]answer{standard, {code: 400, body: `{"error":"access_denied"}`}}, 5 * time.Second, 15 * time.Minute, 2, "access_denied", "declined"},
		"declined at Microsoft": {[]answer{standard, {code: 400, body: `{"error":"authorization_declined"}`}}, 5 * time.Second, 15 * time.Minute, 2,
			"authorization_declined", "bouncehound auth bounces again"},
		"ended there":    {[]answer{standard, {code: 400, body: `{"error":"expired_token"}`}}, 5 * time.Second, 15 * time.Minute, 2, "expired_token", "sooner"},
		"ended here":     {[]answer{device("", `,"expires_in":12`), {code: 400, body: pending}}, 12 * time.Second, 12 * time.Second, 3, "in time", "sooner"},
		"never answered": {[]answer{device("", `,"expires_in":102`), {err: io.ErrUnexpectedEOF}}, 102 * time.Second, 102 * time.Second, 21, "in time", "sooner"},
		"not a public one": {[]answer{standard, {code: 401, body: `{"error":"invalid_client","error_description":"AADSTS7000218: ..."}`}}, 5 * time.Second, 15 * time.Minute, 2,
			"AADSTS7000218", "public client"},
		"no refresh token": {[]answer{standard, {body: `{"access_token":"access"}`}}, 5 * time.Second, 15 * time.Minute, 2, "no refresh token", "offline_access"},
		"refused":          {[]answer{{code: 400, body: `{"error":"unauthorized_client"}`}}, 0, 0, 1, "unauthorized_client", "flow"},
		"not there":        {[]answer{{code: 404, body: "what"}}, 0, 0, 1, "404", "tenant"},
		"no JSON":          {[]answer{{body: "<html>"}}, 0, 0, 1, "unmarshal", ""},
		"null":             {[]answer{{body: "null"}}, 0, 0, 1, "null", ""},
		"no code":          {[]answer{{body: `{"device_code":"x"}`}}, 0, 0, 1, "lacks the code", "device_url"},
		"huge":             {[]answer{{body: strings.Repeat(" ", 70<<10)}}, 0, 0, 1, "longer than", ""},
		"slow":             {[]answer{{slow: time.Hour}}, 30 * time.Second, 0, 1, "within 30s", ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, store := &tokenServer{answers: c.answers}, &memoryTokens{}
			o := s.source()
			o.Flow, o.Store, o.DeviceURL = poller.FlowDevice, store, "https://login.example/device"
			begun, shown := time.Now(), poller.Prompt{}
			err := o.Authorize(t.Context(), func(p poller.Prompt) { shown = p })
			if took := time.Since(begun).Round(time.Second); took != c.took || len(s.requests) != c.asked {
				t.Errorf("took %v and %d requests, want %v and %d", took, len(s.requests), c.took, c.asked)
			}
			want := poller.Prompt{}
			if c.within != 0 {
				want = poller.Prompt{URL: "https://login.example/device", Code: "ABCD-EFGH", Within: c.within}
			}
			if shown != want {
				t.Errorf("shown %+v, want %+v", shown, want)
			}
			if c.err != "" {
				wantError(t, err, "login", c.hint)
				if !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "d3v1c3") || store.saved != 0 {
					t.Errorf("got %v, stored %#v", err, store.stored)
				}
				return
			}
			if err != nil || store.stored.RefreshToken != "refresh" || store.stored.ClientID != "client" || store.stored.Saved.IsZero() {
				t.Fatalf("got %v, stored %#v", err, store.stored)
			}
			if got := s.last(); got.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || got.Get("device_code") != "d3v1c3" || s.requests[0].Get("scope") != "imap more" {
				t.Errorf("sent %v, %v", s.requests[0], got)
			}
			wantToken(t, o, "", "access") // without asking again
		})
	}
}

func TestDeviceFlowEndsWithItsContext(t *testing.T) {
	for name, slow := range map[string]time.Duration{"while waiting": 0, "while asking": time.Hour} {
		inBubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			defer cancel()
			first := device("", "")
			first.slow = slow
			o := (&tokenServer{answers: []answer{first, {code: 400, body: pending}}}).source()
			o.Flow, o.Store, o.DeviceURL = poller.FlowDevice, &memoryTokens{}, "https://login.example/device"
			begun := time.Now()
			err := o.Authorize(ctx, func(poller.Prompt) {})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 7*time.Second {
				t.Errorf("got %v after %v", err, time.Since(begun))
			}
		})
	}
}

func TestDeviceFlowIsStored(t *testing.T) {
	inBubble(t, "the disk is full", func(t *testing.T) {
		o := (&tokenServer{answers: []answer{device("", ""), {body: signedIn}}}).source()
		o.Flow, o.Store, o.DeviceURL = poller.FlowDevice, &memoryTokens{fail: errors.New("no space")}, "https://login.example/device"
		if err := o.Authorize(t.Context(), func(poller.Prompt) {}); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("got %v", err)
		}
	})
	o := (&tokenServer{}).source()
	if err := o.Authorize(t.Context(), func(p poller.Prompt) { t.Error(fmt.Sprint("shown ", p)) }); err == nil {
		t.Error("another flow has a sign-in")
	}
}
