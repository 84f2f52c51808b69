package poller_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/poller"
)

// silent answers each SEARCH with OK alone, as iCloud does where nothing matches; next
// is the UIDNEXT that EXAMINE tells, "" for none.
func silent(next string, then func(c *scripted, tag, command string) bool) func(c *scripted, tag, command string) bool {
	return func(c *scripted, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "UID SEARCH"):
			c.send("%s OK SEARCH completed (took 2 ms)", tag)
			return true
		case strings.HasPrefix(command, "EXAMINE") || strings.HasPrefix(command, "SELECT"):
			if next != "" {
				c.send("* OK [UIDNEXT %s] next", next)
			}
		}
		return then != nil && then(c, tag, command)
	}
}

// TestSilentSearch: a SEARCH that lists nothing is believed only where UIDNEXT says the
// same; else the messages are asked for themselves.
func TestSilentSearch(t *testing.T) {
	for _, c := range []struct {
		name, next string
		cursor     uint32
		since      time.Duration
		kept       []uint32
		listings   int
	}{
		{"no UIDNEXT", "", 0, 0, []uint32{1, 2, 3}, 1},
		{"UIDNEXT", "4", 0, 0, []uint32{1, 2, 3}, 1},
		{"since", "4", 0, 24 * 365 * 100 * time.Hour, []uint32{1, 2, 3}, 1},
		{"some are read", "4", 2, 0, []uint32{3}, 1},
		{"what came after UIDNEXT was told is the next poll's", "3", 0, 0, []uint32{1, 2}, 1},
		{"nothing new", "4", 3, 0, nil, 0},
		{"nothing new, no UIDNEXT", "", 3, 0, nil, 1},
		{"the new ones are gone", "9", 3, 0, nil, 1},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			listings := 0
			s.on = silent(c.next, func(sc *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") || !strings.HasSuffix(command, ":* (UID)") {
					return false
				}
				listings++
				// The last message is in n:*, whatever n is.
				for uid := min(c.cursor+1, 3); uid <= 3; uid++ {
					sc.send("* %d FETCH (FLAGS (\\Seen) UID %d)", uid, uid)
				}
				sc.send("%s OK done", tag)
				return true
			})
			if c.cursor > 0 {
				m.cursors["bounces/INBOX"] = bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: c.cursor}
			}
			p := scriptPoller(s, m)
			p.Mailbox.Since = c.since
			poll(t, p)
			if !slices.Equal(m.uids(), c.kept) || listings != c.listings {
				t.Errorf("kept %v, listed %d times", m.uids(), listings)
			}
		})
	}
}

// TestSilentSearchOfOne: a message whose body is withheld is not taken to be gone because
// SEARCH does not list it.
func TestSilentSearchOfOne(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = silent("4", func(c *scripted, tag, command string) bool {
			switch {
			case strings.HasSuffix(command, ":* (UID)"):
				for uid := 1; uid <= 3; uid++ {
					c.send("* %d FETCH (UID %d)", uid, uid)
				}
			case strings.HasPrefix(command, "UID FETCH 2 (UID BODY"):
			case strings.HasPrefix(command, "UID FETCH 1:3 (UID BODY"):
				c.fetched(1, "BODY.PEEK[]")
				c.fetched(3, "BODY.PEEK[]")
			default:
				return false
			}
			c.send("%s OK done", tag)
			return true
		})
		p := scriptPoller(s, m)
		for range 2 {
			if got := poll(t, p); got.Withheld != 1 || len(m.withheld) != 1 || !slices.Equal(m.uids(), []uint32{1, 3}) {
				t.Errorf("%+v: kept %v, withheld %v", got, m.uids(), m.withheld)
			}
		}
	})
}

// TestSilentSearchAfterExpunge: a server that says it has expunged and has not is not
// believed because its SEARCH lists nothing.
func TestSilentSearchAfterExpunge(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "UID SEARCH UID 1") && !strings.Contains(command, "*") || strings.HasPrefix(command, "UID EXPUNGE") {
				c.send("%s OK done", tag)
				return true
			}
			return false
		}
		p := scriptPoller(s, m)
		p.Mailbox.After = poller.AfterDelete
		if _, err := p.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "are in the folder still") || len(m.untidied) != 2 {
			t.Errorf("%v: %d untidied", err, len(m.untidied))
		}
	})
}

// TestBogusSearch: UIDs that no message has do not move the cursor past those to come.
func TestBogusSearch(t *testing.T) {
	for _, next := range []string{"", "4"} {
		inBubble(t, "UIDNEXT "+next, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(c *scripted, tag, command string) bool {
				switch {
				case strings.HasPrefix(command, "EXAMINE") && next != "":
					c.send("* OK [UIDNEXT %s] next", next)
				case strings.HasPrefix(command, "UID SEARCH UID 1:*"):
					c.send("* SEARCH 99 1000")
				}
				return false
			}
			p := scriptPoller(s, m)
			if got := poll(t, p); got.Fetched != 3 || got.Skipped != 2 || m.cursors["bounces/INBOX"].UID != 3 {
				t.Errorf("got %+v, cursor %+v", got, m.cursors)
			}
			s.mails, next = append(s.mails, "Subject: report 4\r\n\r\n4"), ""
			if got := poll(t, p); got.Fetched != 1 || m.cursors["bounces/INBOX"].UID != 4 {
				t.Errorf("then: got %+v, cursor %+v", got, m.cursors)
			}
		})
	}
}
