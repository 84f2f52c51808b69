package poller_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// Against the real thing, with a connection that breaks a little later each time
// until a poll comes through: every report is kept once and moved once, and what
// is none stays where it was.
func TestDovecotBreaks(t *testing.T) {
	for name, caps := range map[string][]imap.Cap{
		"MOVE": {imap.CapMove, imap.CapUIDPlus, imap.CapNamespace}, "UIDPLUS": {imap.CapUIDPlus},
	} {
		t.Run(name, func(t *testing.T) {
			server := imaptest.Dovecot(t)
			server.SetCaps(caps...)
			const n = 700
			var mails []imaptest.Mail
			for i := range n {
				kind := bouncehound.KindReport
				if i%7 == 0 {
					kind = bouncehound.KindOther
				}
				mails = append(mails, imaptest.Mail{Raw: mail(i+1, kind), InternalDate: day})
			}
			server.Deliver(mails...)
			s := newMemo()
			polls := 0
			for octets := 500; ; octets += octets / 3 {
				polls++
				p := plain(newPoller(server, s), server)
				p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
				p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, addr)
					return &breaking{Conn: conn, reads: octets, sends: -1, done: make(chan struct{})}, err
				}
				// Dovecot shows an empty folder while it still takes in the new mail for a
				// connection before, which such a poll can't tell from one that is empty.
				if _, err := p.Poll(t.Context()); err == nil && (len(s.kept) > 0 || polls > 50) {
					break
				}
			}
			if polls < 5 {
				t.Errorf("only %d polls broke", polls-1)
			}
			uids := s.uids()
			slices.Sort(uids)
			if len(uids) != n || len(slices.Compact(uids)) != n || len(s.untidied) != 0 {
				t.Errorf("kept %d, untidied %d", len(s.kept), len(s.untidied))
			}
			if got := subjects(server.List("INBOX")); len(got) != 100 || slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "other") }) {
				t.Errorf("inbox %d: %v", len(got), got)
			}
			done := subjects(server.List("Done"))
			slices.Sort(done)
			if len(done) != 600 || len(slices.Compact(done)) != 600 {
				t.Errorf("moved %d", len(done))
			}
		})
	}
}

func subjects(mails []imaptest.Mail) (subjects []string) {
	for _, m := range mails {
		var kind string
		var n int
		_, rest, _ := strings.Cut(string(m.Raw), "Subject: ")
		if _, err := fmt.Sscan(rest, &kind, &n); err == nil {
			subjects = append(subjects, fmt.Sprint(kind, " ", n))
		}
	}
	return subjects
}

// TestDovecotListen: the real thing tells of new messages in every folder.
func TestDovecotListen(t *testing.T) {
	server := imaptest.Dovecot(t)
	server.SetCaps(imap.CapIdle, imap.CapNamespace)
	server.Append("Second", mail(1, bouncehound.KindReport), day)
	p := plain(newPoller(server, newMemo()), server)
	p.Mailbox.Folders = []string{"INBOX", "Second"}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	woken, ended := make(chan bool, 100), make(chan error, 1)
	go func() { ended <- p.Listen(ctx, func() { woken <- true }, func(string) {}) }()
	await := func(what string) {
		t.Helper()
		select {
		case <-woken:
		case <-ctx.Done():
			t.Fatal("not woken: ", what)
		}
	}
	await("one connection stands")
	await("both connections stand")
	for i, folder := range []string{"INBOX", "Second", "INBOX"} {
		server.Append(folder, mail(2+i, bouncehound.KindReport), day)
		await(folder)
		for len(woken) > 0 { // Dovecot may tell of one message twice
			<-woken
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
