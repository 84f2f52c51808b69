package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// TestRunIdle: with idle the daemon polls when the server tells of a new message.
func TestRunIdle(t *testing.T) {
	for name, server := range map[string]func(*testing.T) *imaptest.Server{
		"memory":  func(t *testing.T) *imaptest.Server { return imaptest.Memory(t) },
		"dovecot": func(t *testing.T) *imaptest.Server { return imaptest.Dovecot(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, server(t), "[mailbox.poll]\nidle = true\nschedule = \"@yearly\"")
			d := w.start("run")
			d.await("polled")
			d.await("polled") // when the connection stands
			for i, address := range []string{"lena@example.com", "mia@example.com"} {
				w.append(unknownUser(address, address))
				w.receiver.await(t, 2*(i+1))
			}
			d.stop()
		})
	}
}

// TestPanicInAPoll: our own code failing in a poll is an error, and the next poll runs.
func TestPanicInAPoll(t *testing.T) {
	server := imaptest.Memory(t)
	server.Append("INBOX", unknownUser("1", "lena@example.com"), time.Now())
	var logged strings.Builder
	calls := 0
	w := newWorld(t, server, "")
	j := &job{store: w.open(), log: slog.New(slog.NewTextHandler(&logged, nil)), now: time.Now, turn: make(chan struct{}, 1), beats: newPulse()}
	j.polled = func(time.Time, error) {}
	j.poller = &poller.Poller{
		Mailbox: poller.Mailbox{Name: "bounces", Host: server.Addr, TLS: poller.TLSNone, Username: imaptest.Username,
			Password: func(context.Context) (string, error) { return imaptest.Password, nil }},
		Store: nothingRead{}, DryRun: true,
		Handle: func(context.Context, []bouncehound.Judged, bouncehound.Place) ([]bouncehound.Kind, error) {
			calls++
			panic("out of order")
		},
	}
	j.poll(t.Context())
	j.poll(t.Context())
	if calls != 2 || !strings.Contains(logged.String(), "out of order") || !strings.Contains(logged.String(), "mailbox=bounces") {
		t.Errorf("%d calls\n%s", calls, logged.String())
	}
}
