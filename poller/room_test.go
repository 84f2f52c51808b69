package poller_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A counted connection is one of those that a server has.
type counted struct {
	net.Conn
	open   *atomic.Int32
	closed atomic.Bool
}

func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

// TestListenLeavesRoom: where a server has no more connections than those that listen, they
// make room for polls, each of which succeeds, and take nothing away from one another that a
// wrong password would.
func TestListenLeavesRoom(t *testing.T) {
	for name, refuse := range map[string]func(c *scripted, tag, command string) bool{
		"login": func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "LOGIN") {
				return false
			}
			c.send("%s NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", tag)
			return true
		},
		"greeting": func(c *scripted, _, command string) bool {
			if command == "GREETING" {
				c.conn.Close()
			}
			return true
		},
		"password": func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "LOGIN") {
				return false
			}
			c.send("%s NO [AUTHENTICATIONFAILED] no", tag)
			return true
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			const most = 3
			var open, accepted atomic.Int32
			p := scriptPoller(nil, newMemo())
			p.Tries = 5
			for i := range 5 {
				p.Mailbox.Folders = append(p.Mailbox.Folders, fmt.Sprintf("Folder %d", i))
			}
			p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				s := listening(nil)
				good, full := s.on, open.Add(1) > most
				s.on = func(c *scripted, tag, command string) bool {
					if full && refuse(c, tag, command) {
						return true
					}
					if command == "IDLE" {
						accepted.Add(1)
					}
					return good(c, tag, command)
				}
				conn, err := s.dial(ctx, network, address)
				return &counted{Conn: conn, open: &open}, err
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- p.Listen(ctx, func() {}, func(string) {}) }()
			time.Sleep(time.Minute) // of the bubble's clock
			if n := accepted.Load(); n != most {
				t.Fatalf("%d connections listen", n)
			}
			for range 20 {
				_, err := p.Poll(t.Context())
				if (err != nil) != (name == "password") {
					t.Errorf("poll: %v", err)
				}
				time.Sleep(5 * time.Minute)
			}
			if name == "password" && open.Load() != most {
				t.Errorf("%d connections are left", open.Load())
			}
			cancel()
			<-ended
		})
	}
}
