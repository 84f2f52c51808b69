package poller_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// A hangUp is the connection of a client that is gone as soon as it has sent a command.
type hangUp struct {
	net.Conn
	after string
}

func (h hangUp) Write(p []byte) (int, error) {
	n, err := h.Conn.Write(p)
	if err == nil && strings.Contains(string(p), h.after) {
		h.Conn.Close()
	}
	return n, err
}

// Dovecot is still at the MOVE (or COPY) of a client that is gone when the next poll
// begins: it must not move the same messages once more.
func TestDovecotMoveOutlivesItsClient(t *testing.T) {
	const few = 500
	for command, caps := range map[string][]imap.Cap{
		"UID MOVE": {imap.CapMove, imap.CapUIDPlus}, "UID COPY": {imap.CapUIDPlus},
	} {
		t.Run(command, func(t *testing.T) {
			server := imaptest.Dovecot(t)
			server.SetCaps(caps...)
			s := newMemo()
			for round := 1; round <= 3; round++ {
				mails := make([]imaptest.Mail, few)
				for i := range mails {
					mails[i] = imaptest.Mail{Raw: mail(round*few+i, bouncehound.KindReport), InternalDate: day.AddDate(0, 0, round)}
				}
				server.Deliver(mails...)
				server.List("INBOX") // Dovecot takes them in
				p := plain(newPoller(server, s), server)
				p.SettleTime = 0
				p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
				p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, addr)
					return hangUp{conn, command}, err
				}
				if _, err := p.Poll(t.Context()); err == nil {
					t.Fatal("the poll was not cut off")
				}
				p.Dial = nil
				poll(t, p)
				if left := server.List("INBOX"); len(left) != 0 || len(s.untidied) != 0 {
					t.Errorf("round %d: %d messages left, %d untidied", round, len(left), len(s.untidied))
				}
				done := subjects(server.List("Done"))
				slices.Sort(done)
				if len(done) != round*few || len(slices.Compact(done)) != round*few {
					t.Fatalf("round %d: %d messages in the target, want %d", round, len(done), round*few)
				}
			}
		})
	}
}

// What a client that is gone has begun is waited for, and only then looked for.
func TestSettle(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		p := scriptPoller(s, m)
		poll(t, p) // keeps
		begun := time.Now()
		s.on = func(c *scripted, tag, command string) bool {
			if time.Since(begun) > 1500*time.Millisecond {
				c.mails[0] = ""
			}
			if time.Since(begun) > 3*time.Second {
				c.mails[2] = ""
			}
			if strings.HasPrefix(command, "LIST") {
				c.send("* LIST () \"/\" INBOX\r\n* LIST () \"/\" Done\r\n%s OK done", tag)
				return true
			}
			return false
		}
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		poll(t, p)
		synctest.Wait()
		if took := time.Since(begun); took < 3*time.Second || took > 4*time.Second || len(m.untidied) != 0 {
			t.Errorf("it took %v, untidied %v", took, m.untidied)
		}
		if slices.ContainsFunc(s.said, func(line string) bool { return strings.HasPrefix(line, "UID COPY") }) {
			t.Errorf("said %q", s.said)
		}
	})
}
