package poller_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
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
				if p.SettleTime = 0; command == "UID COPY" { // after which they are all still there, and are waited for in vain
					p.SettleTime = 10 * time.Second
				}
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

// late passes on what a client says, but for a command that begins with a word. Then the
// client is cut off, and a while after that the server does what it had begun.
func late(server *imaptest.Server, command string, after time.Duration, do func(), held *sync.WaitGroup) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		there, err := server.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		client, inner := net.Pipe()
		held.Go(func() {
			defer there.Close()
			defer inner.Close()
			for lines := bufio.NewReader(inner); ; {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if _, said, _ := strings.Cut(line, " "); strings.HasPrefix(said, command) {
					held.Go(func() { time.Sleep(after); do() })
					return
				}
				if _, err := io.WriteString(there, line); err != nil {
					return
				}
			}
		})
		held.Go(func() {
			_, _ = io.Copy(inner, there)
			inner.Close()
		})
		return client, nil
	}
}

// TestSlowMove: a server that is still at what a lost client asked for, and finishes it
// later, is waited for, in the same poll and in the next, and nothing is in the target
// twice. One that does not within a minute is not waited for any longer.
func TestSlowMove(t *testing.T) {
	const never = 0
	for _, command := range []string{"UID MOVE", "UID COPY"} {
		caps := []imap.Cap{imap.CapUIDPlus}
		if command == "UID MOVE" {
			caps = append(caps, imap.CapMove)
		}
		for _, c := range []struct {
			name   string
			tries  int
			after  time.Duration // until the server does it
			pause  time.Duration // until the next poll
			at, by time.Duration // when the next poll is to be done
		}{
			{"same poll, at once", 5, time.Millisecond, 0, 0, 62 * time.Second},
			{"same poll, late", 5, 50 * time.Second, 0, 50 * time.Second, 62 * time.Second},
			{"same poll, never", 5, never, 0, 60 * time.Second, 62 * time.Second},
			{"next poll, late", 1, 50 * time.Second, 5 * time.Second, 50 * time.Second, 61 * time.Second},
			{"next poll, never", 1, never, 5 * time.Second, 60 * time.Second, 61 * time.Second},
			{"next poll, long since", 1, never, time.Hour, time.Hour, time.Hour + time.Second},
		} {
			inBubble(t, command+", "+c.name, func(t *testing.T) {
				server, m := imaptest.Pipe(t, caps...), newMemo()
				sample(server)
				p := newPoller(server, m)
				p.Mailbox.Host, p.Mailbox.TLS = server.Addr, poller.TLSNone
				p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
				p.SettleTime, p.Tries = 0, c.tries
				inbox := server.List("INBOX")
				var held sync.WaitGroup
				slow := late(server, command, c.after, func() {
					if c.after == never {
						return
					}
					for _, i := range []int{0, 2, 5} {
						server.Append("Done", inbox[i].Raw, inbox[i].InternalDate, inbox[i].Flags...)
					}
					if command == "UID MOVE" {
						server.Expunge("INBOX", inbox[0].UID, inbox[2].UID, inbox[5].UID)
					}
				}, &held)
				p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					p.Dial = server.Dial
					return slow(ctx, network, address)
				}
				begun := time.Now()
				if _, err := p.Poll(t.Context()); (err == nil) != (c.tries > 1) {
					t.Fatal(err)
				}
				if c.tries == 1 {
					time.Sleep(c.pause)
					p = &poller.Poller{Mailbox: p.Mailbox, Store: m, Handle: m.handle, Dial: server.Dial} // another process
					poll(t, p)
				}
				if took := time.Since(begun); took < c.at || took > c.by {
					t.Errorf("done after %v", took)
				}
				held.Wait()
				if got := look(server, "Done"); got != reports || len(m.untidied) != 1 {
					t.Errorf("moved %s, untidied %v", got, m.untidied)
				}
				if got := look(server, "INBOX"); got != `[other 2 \Flagged][unread 4 ][other 5 \Seen]` {
					t.Errorf("inbox %s", got)
				}
			})
		}
	}
}

// TestSettleNot: what no server was told to move is moved at once.
func TestSettleNot(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		server, m := imaptest.Pipe(t), newMemo()
		sample(server)
		p := newPoller(server, m)
		p.Mailbox.Host, p.Mailbox.TLS, p.Dial, p.SettleTime = server.Addr, poller.TLSNone, server.Dial, 0
		poll(t, p) // keeps
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		begun := time.Now()
		poll(t, p)
		if took := time.Since(begun); took > 0 || look(server, "Done") != reports {
			t.Errorf("%v: %s", took, look(server, "Done"))
		}
	})
}
