package poller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
)

// gmail answers as imap.gmail.com does where it differs: folders are labels, beside
// them lies All Mail; what is marked \Deleted is gone at once (its automatic expunge);
// a session ends with the token it was opened by.
func gmail(folders map[string]string) func(c *scripted, tag, command string) bool {
	return func(c *scripted, tag, command string) bool {
		words := strings.Fields(command)
		switch words[0] {
		case "GREETING":
			c.send("* OK Gimap ready for requests from 192.0.2.7 x145mb143154643vke")
			return true
		case "CAPABILITY":
			c.send("* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER%s", folders["caps"])
			c.send("%s OK Thats all she wrote! x145mb143154643vke", tag)
			return true
		case "AUTHENTICATE":
			folders["caps"] = " UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
			c.send("* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1%s", folders["caps"])
			c.send("%s OK bounces@example.com authenticated (Success)", tag)
			return true
		case "NAMESPACE":
			c.send(`* NAMESPACE (("" "/")) NIL NIL`)
		case "LIST":
			c.send(`* LIST (\HasNoChildren) "/" "INBOX"`)
			c.send(`* LIST (\HasChildren \Noselect) "/" "[Gmail]"`)
			c.send(`* LIST (\All \HasNoChildren) "/" "[Gmail]/Alle Nachrichten"`)
			c.send(`* LIST (\HasNoChildren \Trash) "/" "[Gmail]/Papierkorb"`)
		case "CREATE":
		case "UID":
			switch words[1] {
			case "MOVE", "STORE":
				var moved []string
				for _, uid := range set(words[2]) {
					seq := 1
					for i := range uid - 1 {
						if c.mails[i] != "" {
							seq++
						}
					}
					if c.mails[uid-1] != "" {
						c.mails[uid-1] = ""
						moved = append(moved, fmt.Sprintf("* %d EXPUNGE", seq))
					}
				}
				if words[1] == "MOVE" {
					c.send("* OK [COPYUID 9 %s 1:%d] (Success)", words[2], len(moved))
				}
				for _, line := range moved {
					c.send("%s", line)
				}
			case "EXPUNGE":
			default:
				return false
			}
		default:
			return false
		}
		c.send("%s OK Success", tag)
		return true
	}
}

func TestGmail(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*poller.Mailbox)
		said   []string
	}{
		"move":                {func(m *poller.Mailbox) { m.After, m.MoveTo = poller.AfterMove, "Bounces/Done" }, []string{`CREATE "Bounces/Done"`, `UID MOVE 1,3 "Bounces/Done"`}},
		"move into the trash": {func(m *poller.Mailbox) { m.After, m.MoveTo = poller.AfterMove, "[Gmail]/Papierkorb" }, []string{`UID MOVE 1,3 "[Gmail]/Papierkorb"`}},
		"delete":              {func(m *poller.Mailbox) { m.After = poller.AfterDelete }, []string{`UID STORE 1,3 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 1,3"}},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails(), on: gmail(map[string]string{})}, newMemo()
			p := scriptPoller(s, m)
			p.Mailbox.Token = tokens(goodToken)
			c.change(&p.Mailbox)
			if got := poll(t, p); got.Reports != 2 || got.Tidied != 2 {
				t.Errorf("got %+v", got)
			}
			if got := poll(t, p); got.Fetched != 0 || got.Tidied != 0 {
				t.Errorf("second poll: got %+v", got)
			}
			synctest.Wait()
			for _, line := range c.said {
				if !slices.Contains(s.said, line) {
					t.Errorf("said %q, not %q", s.said, line)
				}
			}
			if s.mails[0] != "" || s.mails[1] == "" || s.mails[2] != "" || len(m.untidied) != 0 {
				t.Errorf("left %q, untidied %v", s.mails, m.untidied)
			}
		})
	}
	inBubble(t, "the session ends with its token", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		provider, ended := gmail(map[string]string{}), false
		s.on = func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY") && !ended {
				ended = true
				c.send("* BYE Session expired, please login again.")
				c.conn.Close()
				return true
			}
			return provider(c, tag, command)
		}
		p := scriptPoller(s, m)
		p.Tries, p.Mailbox.Token = 0, tokens(goodToken)
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		if got := poll(t, p); got.Reports != 2 || got.Tidied != 2 || got.Lost != 1 {
			t.Errorf("got %+v", got)
		}
	})
	inBubble(t, "the day's bandwidth is used up", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		provider := gmail(map[string]string{})
		s.on = func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "UID FETCH") {
				c.send("%s NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", tag)
				return true
			}
			return provider(c, tag, command)
		}
		p := scriptPoller(s, m)
		p.Mailbox.Token = tokens(goodToken)
		_, err := p.Poll(t.Context())
		wantError(t, err, "fetch", "limit for today")
		if len(m.kept) != 0 || len(m.cursors) != 0 {
			t.Errorf("kept %v, cursors %v", m.uids(), m.cursors)
		}
	})
}

// exchange answers as outlook.office365.com does where it differs: sizes are guesses
// and come before the UID, and a message that it cannot convert is told as done
// without being there.
func exchange(sizes map[int]int, none func(uid int) string) func(c *scripted, tag, command string) bool {
	return func(c *scripted, tag, command string) bool {
		words := strings.Fields(command)
		switch {
		case command == "GREETING":
			c.send("* OK The Microsoft Exchange IMAP4 service is ready. [RABCADcAUABSADAAMwBDAEEAMAAw]")
			return true
		case command == "CAPABILITY":
			c.send("* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+")
			c.send("%s OK CAPABILITY completed.", tag)
		case words[0] == "AUTHENTICATE":
			c.send("%s OK AUTHENTICATE completed.", tag)
		case words[0] == "NAMESPACE":
			c.send("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n%s OK NAMESPACE completed.", tag)
		case words[0] == "LIST":
			c.send("* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren) \"/\" Done\r\n%s OK LIST completed.", tag)
		case strings.HasPrefix(command, "UID MOVE"):
			c.send("* OK [COPYUID 9 %s %s]", words[2], words[2])
			for _, uid := range set(words[2]) {
				c.mails[uid-1] = ""
			}
			c.send("%s OK MOVE completed.", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			for _, uid := range set(words[2]) {
				switch {
				case uid > len(c.mails) || c.mails[uid-1] == "":
				case !strings.Contains(command, "BODY"):
					size := len(c.mails[uid-1])
					if guess := sizes[uid]; guess > 0 {
						size = guess
					}
					c.send(`* %d FETCH (RFC822.SIZE %d UID %d INTERNALDATE "20-Nov-2026 10:00:00 +0000")`, uid, size, uid)
				case none(uid) == "-":
				case none(uid) != "":
					c.send("* %d FETCH (UID %d BODY[] %s)", uid, uid, none(uid))
				default:
					c.send("* %d FETCH (%s UID %d)", uid, c.body(uid), uid)
				}
			}
			c.send("%s OK FETCH completed.", tag)
		default:
			return false
		}
		return true
	}
}

func TestExchangeOnline(t *testing.T) {
	all := func(int) string { return "" }
	inBubble(t, "sizes are guesses", func(t *testing.T) {
		s, m := &script{mails: threeMails(), on: exchange(map[int]int{1: 3, 3: 90_000}, all)}, newMemo()
		p := scriptPoller(s, m)
		p.Mailbox.Token, p.Mailbox.MaxMessageSize = tokens(goodToken), 50_000
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		if got := poll(t, p); got.Reports != 2 || got.Tidied != 2 || len(m.kept) != 3 {
			t.Errorf("got %+v", got)
		}
		for i, mail := range threeMails() {
			if string(m.kept[i].Raw) != mail {
				t.Errorf("message %d: got %q", i+1, m.kept[i].Raw)
			}
		}
	})
	// What it cannot convert is withheld, and not taken for an empty message.
	for _, body := range []string{"-", "NIL", `""`, "{0}\r\n"} {
		inBubble(t, "no body: "+body, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = exchange(nil, func(uid int) string {
				if uid == 1 {
					return body
				}
				return ""
			})
			p := scriptPoller(s, m)
			p.Mailbox.Token = tokens(goodToken)
			if got := poll(t, p); got.Reports != 1 || got.Other != 1 || got.Withheld != 1 {
				t.Errorf("got %+v, kept %v", got, m.uids())
			}
			s.on = exchange(nil, all)
			if got := poll(t, p); got.Reports != 1 || len(m.kept) != 3 {
				t.Errorf("when it can: got %+v, kept %v", got, m.uids())
			}
		})
	}
	for _, answer := range []string{"BAD User is authenticated but not connected.", "BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds"} {
		inBubble(t, answer, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			provider := exchange(nil, all)
			s.on = func(c *scripted, tag, command string) bool {
				if strings.HasPrefix(command, "EXAMINE") {
					c.send("%s %s\r\n* BYE Connection closed. 14", tag, answer)
					c.conn.Close()
					return true
				}
				return provider(c, tag, command)
			}
			p := scriptPoller(s, m)
			p.Mailbox.Token = tokens(goodToken)
			_, err := p.Poll(t.Context())
			if failed := wantError(t, err, "select"); failed.Hint == "" {
				t.Errorf("%v says nothing of what to do", err)
			}
			s.on = provider
			if strings.Contains(answer, "Backoff") {
				said := len(s.said)
				_, err := p.Poll(t.Context())
				wantError(t, err, "connect", "poll less often")
				if len(s.said) != said {
					t.Errorf("said %q", s.said[said:])
				}
				time.Sleep(178755 * time.Millisecond)
			}
			if got := poll(t, p); got.Reports != 2 {
				t.Errorf("afterwards: got %+v", got)
			}
		})
	}
}
