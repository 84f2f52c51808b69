package poller_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// netEase refuses every folder to those who have not said who they are; on, if there is
// one, is asked first.
func netEase(on func(c *scripted, tag, command string) bool) func(c *scripted, tag, command string) bool {
	told := false
	return func(c *scripted, tag, command string) bool {
		switch {
		case on != nil && on(c, tag, command):
		case command == "GREETING":
			told = false
			c.send("* OK Coremail System IMap Server Ready")
		case command == "CAPABILITY":
			c.send("* CAPABILITY IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS UIDPLUS\r\n%s OK CAPABILITY completed", tag)
		case strings.HasPrefix(command, "ID "):
			told = true
			c.send("* ID (\"name\" \"Coremail Imap\" \"vendor\" NIL)\r\n%s OK ID completed", tag)
		case strings.HasPrefix(command, "EXAMINE") && !told:
			c.send("%s NO EXAMINE Unsafe Login. Please contact kefu@188.com for help", tag)
		default:
			return false
		}
		return true
	}
}

// TestUnsafeLogin: who connects is told to a server that wants to know it, and nobody else.
func TestUnsafeLogin(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails(), on: netEase(nil)}, newMemo()
		p := scriptPoller(s, m)
		_, err := p.Poll(t.Context())
		wantError(t, err, "select", "authorization code")
		p.Version = "1.2.3"
		if got := poll(t, p); got.Fetched != 3 || got.Lost != 0 {
			t.Errorf("got %+v", got)
		}
		s.on = nil
		poll(t, p)
		synctest.Wait()
		ids := slices.DeleteFunc(s.said, func(line string) bool { return !strings.HasPrefix(line, "ID") })
		if want := []string{`ID ("name" "bouncehound" "version" "1.2.3")`}; !slices.Equal(ids, want) {
			t.Errorf("said %q", ids)
		}
	})
}

// TestIDRefused: a server that advertises ID and then refuses it, or hangs up over it, is
// polled without.
func TestIDRefused(t *testing.T) {
	for name, hangsUp := range map[string]bool{"BAD": false, "hangs up": true} {
		inBubble(t, name, func(t *testing.T) {
			s, m, asked := &script{mails: threeMails()}, newMemo(), 0
			s.on = func(c *scripted, tag, command string) bool {
				switch {
				case command == "CAPABILITY":
					c.send("* CAPABILITY IMAP4rev1 ID UIDPLUS\r\n%s OK done", tag)
				case strings.HasPrefix(command, "ID "):
					asked++
					if hangsUp {
						c.conn.Close()
						return true
					}
					c.send("%s BAD invalid command", tag)
				default:
					return false
				}
				return true
			}
			p := scriptPoller(s, m)
			p.Version = "1.2.3"
			if got := poll(t, p); got.Fetched != 3 || got.Lost != 0 || asked != 1 {
				t.Errorf("got %+v, asked %d times", got, asked)
			}
			poll(t, p)
			if (asked == 1) != hangsUp {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// TestSearchAgain: a connection that was lost in a SEARCH keeps a mailbox from it for a
// day and no longer.
func TestSearchAgain(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m, searches, cut := &script{mails: threeMails()}, newMemo(), 0, true
		s.on = func(c *scripted, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "UID SEARCH"):
				if searches++; cut {
					cut = false
					c.conn.Close()
					return true
				}
			case strings.HasSuffix(command, ":* (UID)"):
				for uid := 1; uid <= 3; uid++ {
					c.send("* %d FETCH (UID %d)", uid, uid)
				}
				c.send("%s OK done", tag)
				return true
			}
			return false
		}
		p := scriptPoller(s, m)
		p.Tries = 2
		if got := poll(t, p); got.Fetched != 3 || got.Lost != 1 || searches != 1 {
			t.Errorf("got %+v after %d searches", got, searches)
		}
		time.Sleep(23 * time.Hour)
		if poll(t, p); searches != 1 {
			t.Errorf("%d searches", searches)
		}
		time.Sleep(time.Hour)
		if got := poll(t, p); got.Lost != 0 || searches != 2 {
			t.Errorf("then: got %+v after %d searches", got, searches)
		}
	})
}
