package poller_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
)

// listening is a script with IDLE, on which more is told at a time.
func listening(tell map[time.Duration]string) *script {
	s := &script{}
	s.on = func(c *scripted, tag, command string) bool {
		if strings.HasPrefix(command, "LOGIN") { // else go-imap would ask by itself, perhaps during IDLE
			c.send("%s OK [CAPABILITY IMAP4rev1 IDLE] done", tag)
			return true
		}
		switch command {
		case "CAPABILITY":
			c.send("* CAPABILITY IMAP4rev1 IDLE")
			c.send("%s OK done", tag)
		case "IDLE":
			for after, what := range tell {
				time.AfterFunc(after, func() { c.send("%s", what) })
			}
			tell = nil
			c.send("+ idling")
		case "DONE": // the tag of a command without one
			c.send("%s OK done", c.idle)
		default:
			return false
		}
		if command == "IDLE" {
			c.idle = tag
		}
		return true
	}
	return s
}

// Every time the server tells of messages there is a wake-up, and one when the
// connection stands; IDLE is renewed long before 29 minutes.
func TestListen(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := listening(map[time.Duration]string{time.Minute: "* 4 EXISTS", 2 * time.Minute: "* OK Still here", 3 * time.Minute: "* NO [ALERT] nearly full", 20 * time.Minute: "* 5 EXISTS", 30 * time.Minute: "* 1 FETCH (FLAGS (\\Seen))"})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Minute)
		defer cancel()
		begun := time.Now()
		var woken []time.Duration
		err := scriptPoller(s, newMemo()).Listen(ctx, func() { woken = append(woken, time.Since(begun)) }, func(string) {})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		if len(woken) != 3 || woken[0] != 0 || woken[1] != time.Minute || woken[2] != 20*time.Minute {
			t.Errorf("woken at %v", woken)
		}
		renewed := 0
		for _, command := range s.said {
			if command == "IDLE" {
				renewed++
			}
			for _, never := range []string{"SELECT", "UID FETCH", "UID STORE", "CREATE"} {
				if strings.HasPrefix(command, never) {
					t.Errorf("said %s", command)
				}
			}
		}
		if renewed != 12 {
			t.Errorf("%d times IDLE in 100 minutes", renewed)
		}
	})
}

// TestListenInFolders: with several folders the server tells of messages in each, over as
// many connections as there are folders, and no more than five.
func TestListenInFolders(t *testing.T) {
	for _, c := range []struct{ folders, told int }{{1, 1}, {3, 3}, {7, 5}} {
		inBubble(t, "", func(t *testing.T) {
			var mu sync.Mutex
			opened := map[string]int{}
			var connections []*script
			p := scriptPoller(nil, newMemo())
			for i := range c.folders {
				p.Mailbox.Folders = append(p.Mailbox.Folders, fmt.Sprintf("Folder %d", i))
			}
			p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				mu.Lock()
				defer mu.Unlock()
				s := listening(map[time.Duration]string{time.Duration(1+len(connections)) * time.Hour: "* 4 EXISTS"})
				good := s.on
				s.on = func(c *scripted, tag, command string) bool {
					if name, ok := strings.CutPrefix(command, "EXAMINE "); ok {
						mu.Lock()
						opened[strings.Trim(name, `"`)]++
						mu.Unlock()
					}
					return good(c, tag, command)
				}
				connections = append(connections, s)
				return s.dial(ctx, network, address)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Hour)
			defer cancel()
			var woken atomic.Int32
			if err := p.Listen(ctx, func() { woken.Add(1) }, func(string) {}); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if len(connections) != c.told || len(opened) != c.told || opened["Folder 0"] != 1 || opened[fmt.Sprintf("Folder %d", c.told-1)] != 1 || int(woken.Load()) != 2*c.told {
				t.Errorf("%d folders: %d connections, opened %v, woken %d times", c.folders, len(connections), opened, woken.Load())
			}
		})
	}
}

// A server that has no IDLE, and one whose connection is lost, refuses IDLE, or falls
// silent when IDLE ends.
func TestListenWithout(t *testing.T) {
	inBubble(t, "no IDLE", func(t *testing.T) {
		err := scriptPoller(&script{}, newMemo()).Listen(t.Context(), func() { t.Error("woken") }, func(string) {})
		if !errors.Is(err, poller.ErrNoIdle) {
			t.Error(err)
		}
	})
	for name, idle := range map[string]func(c *scripted, tag string){
		"cut":     func(c *scripted, _ string) { c.conn.Close() },
		"BYE":     func(c *scripted, _ string) { c.send("+ idling"); c.send("* BYE timeout"); c.conn.Close() },
		"refused": func(c *scripted, tag string) { c.send("%s NO not now", tag) },
		"silent":  func(c *scripted, _ string) { c.stall() },
		"dead":    func(c *scripted, _ string) { c.send("+ idling"); c.stall() },
	} {
		inBubble(t, name, func(t *testing.T) {
			s := listening(nil)
			good := s.on
			var connections atomic.Int32
			s.on = func(c *scripted, tag, command string) bool {
				if command == "GREETING" {
					connections.Add(1)
				}
				if command == "IDLE" {
					idle(c, tag)
					return true
				}
				return good(c, tag, command)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			woken, last, longest := 0, time.Now(), time.Duration(0)
			_ = scriptPoller(s, newMemo()).Listen(ctx, func() { woken++ }, func(string) {
				last, longest = time.Now(), max(longest, time.Since(last))
			})
			if longest < time.Minute || longest > 25*time.Minute {
				t.Errorf("no beat for %v", longest)
			}
			// At most every ten minutes, at least every twenty.
			if n := int(connections.Load()); n < 70 || n > 320 || woken != n {
				t.Errorf("%d connections and %d wake-ups in a day", n, woken)
			}
		})
	}
}

// After refused logins no more are tried for a while, which grows up to an hour; other
// errors, and servers that refuse everybody for now, do not count.
func TestRefusedLogins(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, answer := &script{}, "NO [AUTHENTICATIONFAILED] wrong"
		var tried []int
		minute := 0
		s.on = func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "LOGIN") {
				return false
			}
			tried = append(tried, minute)
			if answer == "" {
				return false
			}
			c.send("%s %s", tag, answer)
			return true
		}
		p := scriptPoller(s, newMemo())
		polls := func(minutes int) {
			for range minutes {
				if _, err := p.Poll(t.Context()); (err == nil) != (answer == "") {
					t.Errorf("minute %d: %v", minute, err)
				} else if err != nil {
					wantError(t, err, "login")
				}
				time.Sleep(time.Minute)
				minute++
			}
		}
		polls(240)
		want := []int{0, 1, 6, 16, 36, 76, 136, 196}
		for i, m := range tried {
			if i >= len(want) || m != want[i] {
				t.Fatalf("tried in minutes %v, want %v", tried, want)
			}
		}
		time.Sleep(time.Hour)
		tried, answer = nil, ""
		polls(3)
		if len(tried) != 3 {
			t.Errorf("then tried %d times", len(tried))
		}
		for _, answer = range []string{
			"NO [UNAVAILABLE] later", "NO [INUSE] locked", "NO [LIMIT] Rate limit hit", "NO [SERVERBUG] LOGIN Server error - Please try again later",
			"NO [ALERT] Too many simultaneous connections. (Failure)", "NO [ALERT] Account exceeded command or bandwidth limits. (Failure)",
			"NO Maximum number of connections from user+IP exceeded", "BAD User is authenticated but not connected.", "NO Server Unavailable. Temporary failure 15",
		} {
			tried = nil
			polls(5)
			if len(tried) != 5 {
				t.Errorf("%s is for now only, and it was tried %d times", answer, len(tried))
			}
		}
		answer, tried = "NO [AUTHENTICATIONFAILED] temporary password", nil
		polls(5)
		if len(tried) != 2 {
			t.Errorf("tried %d times", len(tried))
		}
	})
}
