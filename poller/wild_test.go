package poller_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound/poller"
)

// TestInTheWild: what servers were seen to say against the RFCs, or in a way that other
// clients fell over. Each poll keeps all there is and tidies it up.
func TestInTheWild(t *testing.T) {
	on := func(prefix string, lines ...string) func(c *scripted, tag, command string) bool {
		return func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, prefix) {
				return false
			}
			for _, line := range lines {
				c.send("%s", strings.ReplaceAll(line, "TAG", tag))
			}
			return true
		}
	}
	examine := func(lines ...string) func(c *scripted, tag, command string) bool {
		return func(c *scripted, tag, command string) bool {
			for _, verb := range []string{"EXAMINE", "SELECT"} {
				if on(verb, append(lines, "TAG OK done")...)(c, tag, command) {
					return true
				}
			}
			return false
		}
	}
	each := func(format func(c *scripted, uid int) string) func(c *scripted, tag, command string) bool {
		return onFetch(func(c *scripted, tag string, uids []int) bool {
			for _, uid := range uids {
				if c.there(uid) {
					c.send("%s", format(c, uid))
				}
			}
			c.send("%s OK done", tag)
			return true
		})
	}
	lost := map[string]bool{"SEARCH hangs up": true, "an answer to ESEARCH": true, "ESEARCH by number": true, "LIST of a name that is no UTF-7": true}
	for name, odd := range map[string]func(c *scripted, tag, command string) bool{
		"alerts everywhere":       on("LOGIN", "* OK [ALERT] The system goes down at noon", "* NO [ALERT] your quota is nearly used up", "TAG OK done"),
		"a wild CAPABILITY":       on("CAPABILITY", "* CAPABILITY IMAP4rev1 UIDPLUS X-GM-EXT-1 AUTH= APPENDLIMIT=35651584 UTF8=ACCEPT QUOTA=RES-STORAGE LOGIN-REFERRALS I18NLEVEL=1 COMPRESS=DEFLATE ", "TAG OK done"),
		"sequences in many lines": on("UID SEARCH UID 1:*", "* SEARCH 1", "* SEARCH 2", "* SEARCH 3", "TAG OK done"),
		"unsorted, and twice":     on("UID SEARCH UID 1:*", "* SEARCH 3 1 2 3", "TAG OK done"),
		"a space behind SEARCH":   on("UID SEARCH UID 1:*", "* SEARCH 1 2 3 ", "TAG OK done"),
		"an answer to ESEARCH":    on("UID SEARCH UID 1:*", "* ESEARCH UID ALL 1:3", "TAG OK done"),
		"ESEARCH by number":       on("UID SEARCH UID 1:*", `* ESEARCH ALL 1:3`, "TAG OK done"),
		"SEARCH with MODSEQ":      on("UID SEARCH UID 1:*", `* SEARCH 1 2 3 (MODSEQ 917162500)`, "TAG OK done"),
		"NO to SEARCH":            on("UID SEARCH UID 1:*", "TAG NO [SERVERBUG] UID SEARCH Server error"),
		"BAD to SEARCH":           on("UID SEARCH UID 1:*", "TAG BAD Command Argument Error. 11"),
		"SEARCH hangs up": func(c *scripted, _, command string) bool {
			hangs := strings.HasPrefix(command, "UID SEARCH UID 1:*")
			if hangs {
				c.conn.Close()
			}
			return hangs
		},
		"no UIDNEXT, odd flags": examine("* FLAGS (\\Answered \\* NonJunk $Forwarded Junk &AOQ-)", "* OK [PERMANENTFLAGS ()] Read-only mailbox.", "* 3 EXISTS", "* 0 RECENT", "* OK [UIDVALIDITY 7] UIDs valid"),
		"NOMODSEQ":              examine("* FLAGS ()", "* 3 EXISTS", "* OK [UIDVALIDITY 7] UIDs valid", "* OK [UIDNEXT 4] Predicted next UID", "* OK [NOMODSEQ] Sorry", "* OK [UNSEEN 1] first", "* OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Ok", "* OK [HIGHESTMODSEQ 18446744073709551615] Highest"),
		"BODY[]<0> for BODY[]": each(func(c *scripted, uid int) string {
			return strings.Replace(("* 1 FETCH (UID " + strconv.Itoa(uid) + " " + c.body(uid) + ")"), "BODY[]", "BODY[]<0>", 1)
		}),
		"flags behind the body": each(func(c *scripted, uid int) string {
			return "* 1 FETCH (UID " + strconv.Itoa(uid) + " " + c.body(uid) + " FLAGS (\\Recent) MODSEQ (624140003))"
		}),
		"the body as a string": each(func(c *scripted, uid int) string {
			return "* 1 FETCH (UID " + strconv.Itoa(uid) + ` BODY[] "Subject: x")`
		}),
		"COPYUID of UIDVALIDITY 0":        on("UID COPY", "TAG OK [COPYUID 0 1,3 4:5] UID COPY completed"),
		"COPYUID out of order":            on("UID COPY", "TAG OK [COPYUID 9 3,1 4:5] UID COPY completed"),
		"LIST of a name that is no UTF-7": on(`LIST "" "*"`, `* LIST () "/" INBOX`, `* LIST () "/" "R&D"`, `* LIST () "/" Done`, "TAG OK done"),
		"LIST of a name in UTF-8":         on("LIST", `* LIST () "/" INBOX`, `* LIST () "/" "Entwürfe"`, `* LIST () "/" Done`, "TAG OK done"),
		"LIST of a name in quotes":        on("LIST", `* LIST () "/" INBOX`, `* LIST () "/" "a \"b\" \\c"`, `* LIST () "/" Done`, "TAG OK done"),
		"LIST of a name as a literal":     on("LIST", "* LIST () \"/\" {5}\r\nINBOX", "* LIST () \"/\" {4}\r\nDone", "TAG OK done"),
		"LIST without a separator":        on("LIST", `* LIST (\Noinferiors) NIL INBOX`, `* LIST () NIL Done`, "TAG OK done"),
		"LIST with odd attributes":        on("LIST", `* LIST (\HasNoChildren \Marked \XYZ \NonExistent) "/" x`, `* LIST (\HasNoChildren) "/" "Done" ("CHILDINFO" ("SUBSCRIBED"))`, "TAG OK done"),
		"EXISTS as DavMail says it":       examine("*    3 EXISTS", "* 0 RECENT", "* OK [UIDVALIDITY 7] UIDs valid"),
		"Gmail's keywords":                examine(`* FLAGS (\Seen OIB-Seen-[Gmail]/All Mail $Junk)`, `* OK [PERMANENTFLAGS (\Seen OIB-Seen-[Gmail]/All Mail \*)] Flags permitted.`, "* 3 EXISTS", "* OK [UIDVALIDITY 7] UIDs valid."),
		"a keyword in quotes":             examine(`* FLAGS ("\\Deleted" \Answered)`, "* 3 EXISTS", "* OK [UIDVALIDITY 7] UIDs valid"),
		"a keyword with a broken bit":     examine("* FLAGS (\\Seen \x04Junk)", "* 3 EXISTS", "* OK [UIDVALIDITY 7] UIDs valid"),
		"a space behind the flags":        examine(`* FLAGS (\Seen $Forwarded )`, "* OK [PERMANENTFLAGS (\\Seen $Forwarded )] Limited", "* 3 EXISTS", "* OK [UIDVALIDITY 7] UIDs valid"),
		"codes that are none":             examine("* OK [PERMANENTFLAGS Flags] x", "* OK [UIDNEXT ] x", "* OK [HIGHESTMODSEQ] x", "* OK [ALERT x", "* 3 EXISTS", "* OK [UIDVALIDITY 7]valid"),
		"what nobody knows":               examine("* XYZZY (a b)", "", "* 3 STORE", "* VANISHED 9", "* ID (\"name\" NIL)", "* BAD what", "* 3 EXISTS", "* OK [UIDVALIDITY 7] valid"),
		"spaces in a FETCH, and an empty line": each(func(c *scripted, uid int) string {
			return "* 1 FETCH ( FLAGS (\\Seen a]b )   UID " + strconv.Itoa(uid) + "  " + c.body(uid) + "\r\n  MODSEQ (1) )"
		}),
		"sizes as QQ Mail tells them": func(c *scripted, tag, command string) bool {
			if !strings.Contains(command, "RFC822.SIZE") {
				return false
			}
			for _, uid := range set(strings.Fields(command)[2]) {
				if c.there(uid) {
					c.send("* %d FETCH (UID %d  RFC822.SIZE %d )", uid, uid, len(c.mails[uid-1]))
				}
			}
			c.send("%s OK done", tag)
			return true
		},
		"LIST with an empty name": on("LIST", `* LIST (\Noselect) "/" ""`, `* LIST () "/" Done`, "TAG OK done"),
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(c *scripted, tag, command string) bool {
				if odd(c, tag, command) {
					return true
				}
				if strings.HasPrefix(command, "LIST") {
					return on("LIST", `* LIST () "/" INBOX`, `* LIST () "/" Done`, "TAG OK done")(c, tag, command)
				}
				return false
			}
			p := scriptPoller(s, m)
			p.Tries = 5
			p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
			got, err := p.Poll(t.Context())
			if err != nil || !slices.Equal(m.uids(), []uint32{1, 2, 3}) || len(m.untidied) > 0 || got.Lost > 0 != lost[name] {
				t.Errorf("%v: kept %v, untidied %d, lost %d connections", err, m.uids(), len(m.untidied), got.Lost)
			}
		})
	}
}

// TestBrokenName: a folder whose name is no UTF-7 does not keep the others from being
// checked and polled.
func TestBrokenName(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "LIST") {
				return false
			}
			switch command {
			case `LIST "" "*"`:
				c.send(`* LIST () "/" "R&D"`)
			case `LIST "" ""`:
				c.send(`* LIST (\Noselect) "." ""`)
			case `LIST "" "Bounces.New"`:
				c.send(`* LIST () "." Bounces.New`)
			}
			c.send("%s OK done", tag)
			return true
		}
		p := scriptPoller(s, m)
		p.Mailbox.Folders, p.Tries = []string{"Bounces/New"}, 2
		if got := findings(p.Check(t.Context())); strings.Contains(got, "BAD") || !strings.Contains(got, "select Bounces/New: 3 messages") {
			t.Error(got)
		}
		p = scriptPoller(s, m)
		p.Mailbox.Folders, p.Tries = []string{"Bounces/New"}, 2
		if got := poll(t, p); got.Fetched != 3 || got.Lost != 1 || m.kept[0].Place.Folder != "Bounces/New" {
			t.Errorf("got %+v", got)
		}
		synctest.Wait()
		if !slices.Contains(s.said, "EXAMINE Bounces.New") && !slices.Contains(s.said, `EXAMINE "Bounces.New"`) {
			t.Errorf("said %q", s.said)
		}
		if got := poll(t, p); got.Lost != 0 { // once is enough
			t.Errorf("then: got %+v", got)
		}
	})
}

// TestBrokenMoveAnswer: Exchange 2013 answers a MOVE that it has done with a line that is
// none, which is passed over. Where a connection is lost over one, what was moved is known
// to be.
func TestBrokenMoveAnswer(t *testing.T) {
	for line, lost := range map[string]int{"[COPYUID 124 %s 233:234]": 0, "COPYUID 124 %s 233:234": 1} {
		brokenMoveAnswer(t, line, lost)
	}
}

func brokenMoveAnswer(t *testing.T, line string, lost int) {
	inBubble(t, line, func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = func(c *scripted, tag, command string) bool {
			switch words := strings.Fields(command); {
			case command == "CAPABILITY":
				c.send("* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n%s OK done", tag)
			case words[0] == "LIST":
				c.send("* LIST () \"/\" INBOX\r\n* LIST () \"/\" Done\r\n%s OK done", tag)
			case strings.HasPrefix(command, "UID MOVE"):
				for _, uid := range set(words[2]) {
					c.expunged(uid)
				}
				c.send(line+"\r\n%s OK MOVE completed.", words[2], tag)
			default:
				return false
			}
			return true
		}
		p := scriptPoller(s, m)
		p.Tries = 5
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		begun := time.Now()
		if got := poll(t, p); got.Reports != 2 || got.Lost != lost || len(m.untidied) != 0 || time.Since(begun) > 2*time.Second {
			t.Errorf("got %+v, untidied %v, in %v", got, m.untidied, time.Since(begun))
		}
	})
}
