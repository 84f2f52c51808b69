package poller_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// stages are the commands of a poll that deletes, and the stage each belongs to.
var stages = []struct{ command, stage string }{
	{"GREETING", "connect"},
	{"CAPABILITY", "login"},
	{"LOGIN", "login"},
	{"EXAMINE", "select"},
	{"UID SEARCH", "search"},
	{"UID FETCH 1:3 (UID RFC822.SIZE", "fetch"},
	{"UID FETCH 1:3 (UID INTERNALDATE", "fetch"}, // their order is go-imap's whim
	{"UID FETCH 1:3 (UID BODY", "fetch"},
	{"SELECT", "select"},
	{"UID STORE", "tidy"},
	{"UID EXPUNGE", "tidy"},
}

// eachStage runs a poll in which the first command of a stage gets another answer,
// and then a good one.
func eachStage(t *testing.T, instead func(c *scripted, tag, command string), check func(t *testing.T, stage string, err error, took time.Duration)) {
	for _, at := range stages {
		inBubble(t, at.command, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			greeted := false
			met := false
			s.on = func(c *scripted, tag, command string) bool {
				// The capabilities are asked for when the greeting does not tell them.
				if command == "GREETING" && at.command == "CAPABILITY" && !greeted {
					greeted = true
					c.send("* OK ready")
					return true
				}
				if !strings.HasPrefix(command, at.command) || met {
					return false
				}
				met = true
				instead(c, tag, command)
				return true
			}
			p := scriptPoller(s, m)
			p.Mailbox.After = poller.AfterDelete
			begun := time.Now()
			_, err := p.Poll(t.Context())
			synctest.Wait()
			if !met {
				t.Skip("not met in this run")
			}
			if err != nil || at.stage != "fetch" {
				check(t, at.stage, err, time.Since(begun))
			}
			for _, message := range m.kept {
				if want := s.mails[message.Place.UID-1]; string(message.Raw) != want {
					t.Errorf("UID %d: kept %q", message.Place.UID, message.Raw)
				}
			}
			time.Sleep(time.Minute) // for a server that still dribbles to notice
			s.on = nil
			poll(t, p)
			synctest.Wait()
			if !slices.Equal(m.uids(), []uint32{1, 2, 3}) || len(m.untidied) != 0 {
				t.Errorf("after a good poll: kept %v, untidied %v", m.uids(), m.untidied)
			}
			last := s.said[len(s.said)-4:]
			if want := "UID EXPUNGE 1,3"; !slices.Contains(last, want) && !strings.Contains(strings.Join(s.said, "\n"), want) {
				t.Errorf("said %q", s.said)
			}
		})
	}
}

func TestNoToEachCommand(t *testing.T) {
	eachStage(t, func(c *scripted, tag, _ string) {
		if tag == "*" {
			c.send("* NO not today")
			c.conn.Close()
			return
		}
		c.send("%s NO not today, not with %s", tag, imaptest.Password)
	}, func(t *testing.T, stage string, err error, _ time.Duration) {
		if stage == "search" && err == nil {
			return // there is another way
		}
		if stage == "login" || stage == "connect" {
			wantError(t, err, stage) // also looks for the password
		} else if failed := new(poller.Error); !errors.As(err, &failed) || failed.Stage != stage {
			t.Errorf("got %v, want stage %s", err, stage)
		}
	})
}

func TestByeToEachCommand(t *testing.T) {
	eachStage(t, func(c *scripted, _, _ string) {
		c.send("* BYE [UNAVAILABLE] going down")
		c.conn.Close()
	}, func(t *testing.T, stage string, err error, took time.Duration) {
		wantError(t, err, stage)
		if took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestStallAtEachCommand(t *testing.T) {
	eachStage(t, func(c *scripted, _, _ string) { c.stall() },
		func(t *testing.T, stage string, err error, took time.Duration) {
			wantError(t, err, stage)
			var slow interface{ Timeout() bool }
			if !errors.As(err, &slow) || !slow.Timeout() {
				t.Errorf("got %v, want a timeout", err)
			}
			if took > 4*time.Minute {
				t.Errorf("it took %v", took)
			}
		})
}

// A server that sends a little all the time is not given for ever either.
func TestDribble(t *testing.T) {
	eachStage(t, func(c *scripted, _, command string) {
		more := "* OK still at it\r\n"
		if command == "GREETING" { // where a line would do
			more = "*"
		}
		for {
			time.Sleep(time.Second)
			if _, err := fmt.Fprint(c.conn, more); err != nil {
				return
			}
		}
	}, func(t *testing.T, stage string, err error, took time.Duration) {
		wantError(t, err, stage)
		if took > 15*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestGarbage(t *testing.T) {
	eachStage(t, func(c *scripted, _, _ string) {
		c.send("\x15\x03\x01\x00\x02\x02 (((( {{{{ \x00")
		c.stall()
	}, func(t *testing.T, stage string, err error, _ time.Duration) {
		wantError(t, err, stage)
	})
}

// A breaking connection breaks after so many octets, read or written.
type breaking struct {
	net.Conn
	mu    sync.Mutex
	reads int // octets that may still be read; negative: all
	sends int // octets that may still be written; negative: all
	stall bool
	once  sync.Once
	done  chan struct{}
}

func (b *breaking) Read(p []byte) (int, error) {
	b.mu.Lock()
	left := b.reads
	b.mu.Unlock()
	if left == 0 {
		return 0, b.broken()
	}
	if left > 0 {
		p = p[:min(len(p), left)]
	}
	n, err := b.Conn.Read(p)
	if left > 0 {
		b.mu.Lock()
		b.reads -= n
		b.mu.Unlock()
	}
	return n, err
}

func (b *breaking) Write(p []byte) (int, error) {
	b.mu.Lock()
	left := b.sends
	b.mu.Unlock()
	if left < 0 {
		return b.Conn.Write(p)
	}
	n, err := b.Conn.Write(p[:min(len(p), left)])
	b.mu.Lock()
	b.sends -= n
	b.mu.Unlock()
	if err == nil && n < len(p) {
		err = b.broken()
	}
	return n, err
}

func (b *breaking) broken() error {
	if b.stall {
		<-b.done
		return net.ErrClosed
	}
	b.Conn.Close()
	return io.EOF
}

func (b *breaking) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.Conn.Close()
}

// Wherever the connection breaks, the next good poll ends with every message kept
// once, every report moved once, and other mail as it was.
func TestBreakAnywhere(t *testing.T) {
	for name, caps := range map[string][]imap.Cap{
		"MOVE": {imap.CapMove, imap.CapUIDPlus}, "UIDPLUS": {imap.CapUIDPlus},
	} {
		t.Run(name, func(t *testing.T) {
			read, written := conversation(t, caps)
			step := 13
			if testing.Short() {
				step = 41
			}
			for _, stall := range []bool{false, true} {
				for at := 0; at < read; at += step {
					breakAt(t, caps, &breaking{reads: at, sends: -1, stall: stall})
				}
				for at := 0; at < written; at += step {
					breakAt(t, caps, &breaking{reads: -1, sends: at, stall: stall})
				}
			}
		})
	}
}

// conversation returns how many octets a good poll reads and writes.
func conversation(t *testing.T, caps []imap.Cap) (read, written int) {
	synctest.Test(t, func(t *testing.T) {
		b := &breaking{reads: 1 << 30, sends: 1 << 30}
		if err := pollOver(t, imaptest.Pipe(t, caps...), newMemo(), b, true); err != nil {
			t.Error(err)
		}
		read, written = 1<<30-b.reads, 1<<30-b.sends
	})
	if read < 1000 || written < 200 {
		t.Fatalf("read %d, wrote %d", read, written)
	}
	return read, written
}

func breakAt(t *testing.T, caps []imap.Cap, b *breaking) {
	t.Helper()
	where := fmt.Sprintf("broken before octet %d of the server's, %d of ours, stall %v", b.reads, b.sends, b.stall)
	synctest.Test(t, func(t *testing.T) {
		server, m := imaptest.Pipe(t, caps...), newMemo()
		err := pollOver(t, server, m, b, true)
		var failed *poller.Error
		if err != nil && !errors.As(err, &failed) {
			t.Errorf("%s: %v is no *Error", where, err)
		}
		if err := pollOver(t, server, m, &breaking{reads: -1, sends: -1}, false); err != nil {
			t.Fatalf("%s: the poll after: %v", where, err)
		}
		if got := look(server, "INBOX"); got != others {
			t.Errorf("%s: inbox %s", where, got)
		}
		if got := look(server, "Done"); got != reports {
			t.Errorf("%s: moved %s", where, got)
		}
		if got := look(server, "Unread"); got != unread {
			t.Errorf("%s: unread %s", where, got)
		}
		if got := m.uids(); !slices.Equal(got, []uint32{1, 2, 3, 4, 5, 6}) || len(m.untidied) != 0 {
			t.Errorf("%s: kept %v, untidied %v", where, got, m.untidied)
		}
	})
}

func pollOver(t *testing.T, server *imaptest.Server, m *memo, b *breaking, fill bool) error {
	t.Helper()
	if fill {
		sample(server)
	}
	b.done = make(chan struct{})
	p := newPoller(server, m)
	p.Mailbox.Host, p.Mailbox.TLS = server.Addr, poller.TLSNone
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	p.Mailbox.Unread, p.Mailbox.UnreadTo = poller.UnreadMove, "Unread"
	p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := server.Dial(ctx, network, addr)
		b.Conn = conn
		return b, err
	}
	_, err := p.Poll(t.Context())
	return err
}
