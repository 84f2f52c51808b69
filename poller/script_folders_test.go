package poller_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"bouncehound/poller"
)

// Names as people write them become the server's, with its separator and the prefix
// of its namespace; what only looks like a folder is made one.
func TestFolderNames(t *testing.T) {
	for name, c := range map[string]struct {
		list, namespace string
		folder, moveTo  string
		want            []string
	}{
		"slash": {
			`* LIST () "/" INBOX|* LIST () "/" Bounces/In`, "", "Bounces/In", "Bounces/Done",
			[]string{`CREATE "Bounces/Done"`, `EXAMINE "Bounces/In"`, `UID COPY 1,3 "Bounces/Done"`},
		},
		"dot": {
			`* LIST () "." INBOX|* LIST () "." Bounces.In|* LIST () "." Bounces.Done`, "", "Bounces/In", "Bounces/Done",
			[]string{`EXAMINE "Bounces.In"`, `UID COPY 1,3 "Bounces.Done"`},
		},
		"below INBOX": {
			`* LIST () "." INBOX|* LIST () "." INBOX.Bounces.In`, `(("INBOX." ".")) NIL NIL`, "Bounces/In", "Bounces/Done",
			[]string{`CREATE "INBOX.Bounces.Done"`, `EXAMINE "INBOX.Bounces.In"`, `UID COPY 1,3 "INBOX.Bounces.Done"`},
		},
		"below INBOX, written so": {
			`* LIST () "." INBOX|* LIST () "." INBOX.In`, `(("INBOX." ".")) NIL NIL`, "INBOX/In", "INBOX/Done",
			[]string{`CREATE "INBOX.Done"`, `EXAMINE "INBOX.In"`, `UID COPY 1,3 "INBOX.Done"`},
		},
		"a name without a folder": {
			`* LIST () "/" INBOX|* LIST (\Noselect) "/" Done`, "", "INBOX", "Done",
			[]string{`CREATE "Done"`, `EXAMINE "INBOX"`, `UID COPY 1,3 "Done"`},
		},
		"no levels": {
			`* LIST () NIL INBOX|* LIST () NIL Done`, "", "inbox", "Done",
			[]string{`EXAMINE "INBOX"`, `UID COPY 1,3 "Done"`},
		},
		"not ASCII": {
			`* LIST () "/" INBOX|* LIST () "/" "R&APw-ckl&AOQ-ufer"`, "", "Rückläufer", "Erledigt/日本",
			[]string{`CREATE "Erledigt/&ZeVnLA-"`, `EXAMINE "R&APw-ckl&AOQ-ufer"`, `UID COPY 1,3 "Erledigt/&ZeVnLA-"`},
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(cc *scripted, tag, command string) bool {
				switch {
				case strings.HasPrefix(command, "LIST"):
					for line := range strings.SplitSeq(c.list, "|") {
						cc.send("%s", line)
					}
				case command == "NAMESPACE":
					cc.send("* NAMESPACE %s", c.namespace)
				case command == "CAPABILITY" && c.namespace != "":
					cc.send("* CAPABILITY IMAP4rev1 UIDPLUS NAMESPACE")
				case strings.HasPrefix(command, "CREATE"):
				default:
					return false
				}
				cc.send("%s OK done", tag)
				return true
			}
			p := scriptPoller(s, m)
			p.Mailbox.Folders = []string{c.folder}
			p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, c.moveTo
			if got := poll(t, p); got.Tidied != 2 {
				t.Errorf("got %+v", got)
			}
			synctest.Wait()
			var said []string
			for _, line := range s.said {
				if name, _, _ := strings.Cut(line, " "); name == "CREATE" || name == "EXAMINE" || strings.HasPrefix(line, "UID COPY") {
					said = append(said, strings.ReplaceAll(line, `"`, ""))
				}
			}
			var want []string
			for _, line := range c.want {
				want = append(want, strings.ReplaceAll(line, `"`, ""))
			}
			if !slices.Equal(said, want) {
				t.Errorf("said %q, want %q", said, want)
			}
			if m.cursors["bounces/"+c.folder].UID != 3 {
				t.Errorf("cursors %v: the store knows the folder as it is configured", m.cursors)
			}
		})
	}
}

func TestNoUIDValidity(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "EXAMINE") {
				c.send("* 3 EXISTS\r\n%s OK done", tag)
				return true
			}
			return false
		}
		_, err := scriptPoller(s, m).Poll(t.Context())
		wantError(t, err, "select")
		if len(m.kept) != 0 {
			t.Errorf("kept %v", m.uids())
		}
	})
}

// TestMoveToOneself: a folder that is polled is no target, whatever case its letters are
// written in, unless the server has both.
func TestMoveToOneself(t *testing.T) {
	for _, c := range []struct {
		list, folder, moveTo string
		refused              bool
	}{
		{`* LIST () "/" Bounces`, "Bounces", "Bounces", true},
		{`* LIST () "/" Bounces`, "Bounces", "bounces", true},
		{`* LIST () "/" Bounces`, "bounces", "Bounces", true},
		{"* LIST () \"/\" Bounces\r\n* LIST () \"/\" bounces", "bounces", "Bounces", false},
	} {
		inBubble(t, c.folder+" to "+c.moveTo, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(cc *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "LIST") {
					return false
				}
				cc.send("%s\r\n%s OK done", c.list, tag)
				return true
			}
			p := scriptPoller(s, m)
			p.Mailbox.Folders, p.Mailbox.After, p.Mailbox.MoveTo = []string{c.folder}, poller.AfterMove, c.moveTo
			_, err := p.Poll(t.Context())
			if c.refused {
				wantError(t, err, "tidy", "choose another folder")
			} else if err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if moved := slices.ContainsFunc(s.said, func(line string) bool { return strings.HasPrefix(line, "UID COPY") }); moved == c.refused {
				t.Errorf("said %q", s.said)
			}
		})
	}
}
