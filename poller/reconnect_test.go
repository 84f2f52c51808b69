package poller_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
	"bouncehound/poller"
)

// persistent is a script with n reports, and a poller that takes up what is lost.
func persistent(n int) (*script, *memo, *poller.Poller) {
	s, m := &script{}, newMemo()
	for i := range n {
		s.mails = append(s.mails, fmt.Sprintf("Subject: report %d\r\n\r\n%d", i+1, i+1))
	}
	p := scriptPoller(s, m)
	p.Tries = 0
	return s, m, p
}

// A connection lost at any command is taken up again within the poll, after a pause.
func TestTakenUpAgain(t *testing.T) {
	for _, at := range stages[3:] { // before that it is not a connection that was lost
		for how, instead := range map[string]func(c *scripted){
			"BYE":   func(c *scripted) { c.send("* BYE going down"); c.conn.Close() },
			"cut":   func(c *scripted) { c.conn.Close() },
			"stall": func(c *scripted) { c.stall() },
		} {
			inBubble(t, how+" at "+at.command, func(t *testing.T) {
				s, m, p := persistent(3)
				p.Mailbox.After = poller.AfterDelete
				var met atomic.Bool
				s.on = func(c *scripted, _, command string) bool {
					if !strings.HasPrefix(command, at.command) || met.Swap(true) {
						return false
					}
					instead(c)
					return true
				}
				begun := time.Now()
				got := poll(t, p)
				synctest.Wait()
				if !met.Load() {
					t.Skip("not met in this run")
				}
				took, most := time.Since(begun), 4*time.Second
				if how == "stall" {
					most += 4 * time.Minute // it may have said something within the first two
				}
				if got.Seen != 3 || got.Fetched != 3 || got.Tidied < 2 || got.Lost != 1 || len(m.untidied) != 0 || took < time.Second/2 || took > most {
					t.Errorf("got %+v after %v, untidied %v", got, took, m.untidied)
				}
				if !slices.Equal(m.uids(), []uint32{1, 2, 3}) {
					t.Errorf("kept %v", m.uids())
				}
			})
		}
	}
}

// But not for ever: so many in a row that bring nothing, and no more.
func TestGivenUp(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, _, p := persistent(3)
		connections := 0
		s.on = func(c *scripted, _, command string) bool {
			if strings.HasPrefix(command, "GREETING") {
				connections++
			}
			if strings.HasPrefix(command, "EXAMINE") {
				c.conn.Close()
			}
			return false
		}
		begun := time.Now()
		_, err := p.Poll(t.Context())
		wantError(t, err, "select")
		if took := time.Since(begun); connections != 5 || took < 7*time.Second || took > 15*time.Second {
			t.Errorf("%d connections in %v", connections, took)
		}
	})
	inBubble(t, "the first is refused", func(t *testing.T) {
		_, _, p := persistent(3)
		dialled := 0
		p.Dial = func(context.Context, string, string) (net.Conn, error) { dialled++; return nil, errors.New("refused") }
		_, err := p.Poll(t.Context())
		wantError(t, err, "connect")
		if dialled != 1 {
			t.Errorf("dialled %d times", dialled)
		}
	})
	inBubble(t, "the next is refused", func(t *testing.T) {
		s, _, p := persistent(3)
		dialled := 0
		p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dialled++; dialled > 1 {
				return nil, errors.New("refused")
			}
			return s.dial(ctx, network, addr)
		}
		s.on = func(c *scripted, _, command string) bool {
			if strings.HasPrefix(command, "UID SEARCH") {
				c.conn.Close()
			}
			return false
		}
		_, err := p.Poll(t.Context())
		wantError(t, err, "connect")
		if dialled != 5 {
			t.Errorf("dialled %d times", dialled)
		}
	})
	inBubble(t, "the next login is refused", func(t *testing.T) {
		s, _, p := persistent(3)
		logins := 0
		s.on = func(c *scripted, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "UID SEARCH"):
				c.conn.Close()
			case strings.HasPrefix(command, "LOGIN"):
				if logins++; logins > 1 {
					c.send("%s NO [AUTHENTICATIONFAILED] no", tag)
					return true
				}
			}
			return false
		}
		_, err := p.Poll(t.Context())
		wantError(t, err, "login")
		if logins != 2 {
			t.Errorf("%d logins", logins)
		}
	})
	inBubble(t, "the store fails", func(t *testing.T) {
		s, m, p := persistent(3)
		connections := 0
		s.on = func(_ *scripted, _, command string) bool {
			if command == "GREETING" {
				connections++
			}
			return false
		}
		m.fail = func([]bouncehound.Judged) error { return errors.New("disk full") }
		if _, err := p.Poll(t.Context()); err == nil || connections != 1 {
			t.Errorf("got %v, %d connections", err, connections)
		}
	})
	inBubble(t, "it is told to stop", func(t *testing.T) {
		s, _, p := persistent(3)
		ctx, cancel := context.WithCancel(t.Context())
		s.on = func(c *scripted, _, command string) bool {
			if strings.HasPrefix(command, "UID SEARCH") {
				c.conn.Close()
				time.AfterFunc(time.Millisecond, cancel)
			}
			return false
		}
		begun := time.Now()
		if _, err := p.Poll(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) > time.Second/2 {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
	})
}

// A message that breaks the connection whenever it is asked for is found and passed;
// the others come through.
func TestMessagesThatBreakTheConnection(t *testing.T) {
	for name, breaks := range map[string]func(c *scripted, uid int, command string) bool{
		"its body is cut off": func(c *scripted, uid int, command string) bool {
			if !strings.Contains(command, "BODY") {
				return false
			}
			fmt.Fprintf(c.conn, "* %d FETCH (UID %d BODY[] {100}\r\nSubj", uid, uid)
			c.conn.Close()
			return true
		},
		"its body is said to have 4 GB": func(c *scripted, uid int, command string) bool {
			if !strings.Contains(command, "BODY") {
				return false
			}
			c.send("* %d FETCH (UID %d BODY[] {4000000000}\r\nSubj", uid, uid)
			return true
		},
		"its size": func(c *scripted, _ int, command string) bool {
			if !strings.Contains(command, "RFC822.SIZE") {
				return false
			}
			c.send("* BYE cannot stat it")
			c.conn.Close()
			return true
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m, p := persistent(700)
			bad := []int{1, 333, 700}
			on := func(c *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") {
					return false
				}
				for _, uid := range set(strings.Fields(command)[2]) {
					if slices.Contains(bad, uid) && breaks(c, uid, command) {
						return true
					}
					c.fetched(uid, command)
				}
				c.send("%s OK done", tag)
				return true
			}
			s.on = on
			if got := poll(t, p); got.Seen != 700 || got.Fetched != 697 || got.Withheld != 3 || got.Lost > 12 {
				t.Errorf("got %+v", got)
			}
			if got := poll(t, p); got.Seen != 3 || got.Fetched != 0 || got.Withheld != 3 {
				t.Errorf("then %+v", got)
			}
			s.on = nil
			if got := poll(t, p); got.Fetched != 3 || len(m.withheld) != 0 || m.cursors["bounces/INBOX"].UID != 700 {
				t.Errorf("at last %+v, cursors %v", got, m.cursors)
			}
		})
	}
}

// Nor does a broken INTERNALDATE, which go-imap ends the connection over: the message
// is read without one.
func TestBrokenInternalDate(t *testing.T) {
	for _, every := range []int{1, 100, 700} {
		inBubble(t, fmt.Sprintf("every %d", every), func(t *testing.T) {
			s, m, p := persistent(700)
			s.on = func(c *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") || !strings.Contains(command, "INTERNALDATE") {
					return false
				}
				for _, uid := range set(strings.Fields(command)[2]) {
					if uid%every == 0 {
						c.send(`* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "yesterday")`, uid, uid, len(c.mails[uid-1]))
					} else {
						c.fetched(uid, command)
					}
				}
				c.send("%s OK done", tag)
				return true
			}
			if got := poll(t, p); got.Fetched != 700 || got.Withheld != 0 || got.Lost > 14 {
				t.Errorf("got %+v", got)
			}
			dated := 0
			for _, message := range m.kept {
				if !message.InternalDate.IsZero() {
					dated++
				}
			}
			if every == 700 && dated < 680 {
				t.Errorf("%d have a date", dated)
			}
		})
	}
}
