package poller_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// What a server may say before TLS is up, and none of it gets a password.
func TestStartTLSRefused(t *testing.T) {
	for name, c := range map[string]struct {
		on          func(c *scripted, tag, command string) bool
		stage, hint string
	}{
		"PREAUTH": {func(c *scripted, _, _ string) bool { c.send("* PREAUTH you are in"); return true }, "tls", ""},
		"BYE":     {func(c *scripted, _, _ string) bool { c.send("* BYE too many of you"); return true }, "connect", ""},
		"no IMAP": {func(c *scripted, _, _ string) bool { c.send("220 mx.example.com ESMTP"); return true }, "connect", "check host and port"},
		"not offered": {func(c *scripted, tag, command string) bool {
			if command != "STARTTLS" {
				return false
			}
			c.send("%s BAD what", tag)
			return true
		}, "tls", `tls = "implicit"`},
		"a line without end": {func(c *scripted, _, _ string) bool {
			fmt.Fprint(c.conn, "* OK "+strings.Repeat("x", 100_000))
			return true
		}, "connect", ""},
		"something slipped in behind the answer": {func(c *scripted, tag, command string) bool {
			if command != "STARTTLS" {
				return false
			}
			c.send("%s OK go ahead\r\n* PREAUTH trust me\r\n* OK [CAPABILITY IMAP4rev1] yes", tag)
			return true
		}, "tls", ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := &script{mails: threeMails(), on: c.on}
			p := scriptPoller(s, newMemo())
			p.Mailbox.TLS = poller.TLSStartTLS
			p.Mailbox.Password = func(context.Context) (string, error) {
				t.Error("asked for the password")
				return imaptest.Password, nil
			}
			_, err := p.Poll(t.Context())
			wantError(t, err, c.stage, c.hint)
		})
	}
}

// LOGIN where PLAIN is not offered; nothing is sent behind it before its answer,
// since Courier would never answer that; nothing where neither is allowed.
func TestLogin(t *testing.T) {
	for name, want := range map[string]struct {
		caps string
		line string // that is sent; "": none
	}{
		"PLAIN with SASL-IR":    {"IMAP4rev1 SASL-IR AUTH=PLAIN", "AUTHENTICATE PLAIN AGJvdW5jZXNAZXhhbXBsZS5jb20AY29ycmVjdCBob3JzZQ=="},
		"PLAIN":                 {"IMAP4rev1 AUTH=PLAIN LOGINDISABLED", "AUTHENTICATE PLAIN"},
		"LOGIN":                 {"IMAP4rev1 AUTH=CRAM-MD5", `LOGIN "bounces@example.com" "correct horse"`},
		"LOGINDISABLED":         {"IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2", ""},
		"capabilities not told": {"", `LOGIN "bounces@example.com" "correct horse"`},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(c *scripted, tag, command string) bool {
				switch {
				case command == "GREETING" && want.caps != "":
					c.send("* OK [CAPABILITY %s] ready", want.caps)
				case command == "GREETING":
					c.send("* OK ready")
				case command == "AUTHENTICATE PLAIN":
					c.send("+ ")
					if _, err := c.in.ReadString('\n'); err != nil {
						return true
					}
					c.send("%s OK in", tag)
				case strings.HasPrefix(command, "LOGIN"):
					_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
					if more, err := c.in.Peek(1); err == nil {
						t.Errorf("%q… was sent behind LOGIN", more)
					}
					_ = c.conn.SetReadDeadline(time.Time{})
					return false
				default:
					return false
				}
				return true
			}
			_, err := scriptPoller(s, m).Poll(t.Context())
			synctest.Wait()
			if want.line == "" {
				wantError(t, err, "login", "OAuth2")
				if slices.ContainsFunc(s.said, func(l string) bool { return strings.HasPrefix(l, "LOGIN ") }) {
					t.Errorf("said %q", s.said)
				}
				return
			}
			if err != nil || len(m.kept) != 3 || !slices.Contains(s.said, want.line) {
				t.Errorf("got %v, kept %d, said %q", err, len(m.kept), s.said)
			}
		})
	}
}

// TestNoIMAP: what answers at the port is told as it says it.
func TestNoIMAP(t *testing.T) {
	for _, line := range []string{"220 mx.example.com ESMTP", "+OK POP3 ready", "Your address is blocked."} {
		inBubble(t, line, func(t *testing.T) {
			s := &script{on: func(c *scripted, _, _ string) bool { c.send("%s", line); return true }}
			_, err := scriptPoller(s, newMemo()).Poll(t.Context())
			if wantError(t, err, "connect", "no IMAP server"); !strings.Contains(err.Error(), line) {
				t.Error(err)
			}
		})
	}
}
