package poller_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
	"bouncehound/poller"
)

// unhurried is a store whose answers leave a connection the time to end.
type unhurried struct{ *memo }

func (u unhurried) Untidied(ctx context.Context, mailbox, folder string, validity uint32) ([]bouncehound.Copy, error) {
	time.Sleep(time.Second)
	return u.memo.Untidied(ctx, mailbox, folder, validity)
}

// TestHangsUpUnseen: a connection that ends when nothing is asked ends no poll as if all
// were done.
func TestHangsUpUnseen(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		hangups := 9
		s.on = func(c *scripted, tag, command string) bool {
			if hangups == 0 || !strings.HasPrefix(command, "EXAMINE") {
				return false
			}
			hangups--
			c.answer(tag, command)
			c.conn.Close()
			return true
		}
		p := scriptPoller(s, m)
		p.Store, p.Mailbox.After, p.Tries = unhurried{m}, poller.AfterSeen, 5
		got, err := p.Poll(t.Context())
		if wantError(t, err, "select"); got.Lost != 4 {
			t.Errorf("got %+v", got)
		}
		if got := poll(t, p); got.Fetched != 3 || got.Lost != 4 {
			t.Errorf("then: got %+v", got)
		}
	})
}

// TestHangsUpDone: what was done before a connection ended is not done again, and the next
// folder is.
func TestHangsUpDone(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		examined := []string{}
		s.on = func(c *scripted, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "LIST"):
				c.send("* LIST () \"/\" INBOX\r\n* LIST () \"/\" Other\r\n%s OK done", tag)
				return true
			case strings.HasPrefix(command, "EXAMINE"):
				examined = append(examined, command)
			}
			return false
		}
		p := scriptPoller(s, m)
		handle := p.Handle
		p.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
			if upTo.Folder == "INBOX" {
				s.hangUp()
				synctest.Wait()
			}
			return handle(ctx, batch, upTo)
		}
		p.Mailbox.Folders, p.Tries = []string{"INBOX", "Other"}, 2
		if got := poll(t, p); got.Fetched != 6 || got.Lost != 1 {
			t.Errorf("got %+v", got)
		}
		if want := []string{"EXAMINE INBOX", `EXAMINE "Other"`}; !slices.Equal(examined, want) {
			t.Errorf("examined %q", examined)
		}
	})
}

// TestTidyingFailsInTarget: where a poll fails to look into the folder that things are
// moved to, it reads on in the one it is to read.
func TestTidyingFailsInTarget(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{}, newMemo()
		for i := range 4 {
			s.mails = append(s.mails, fmt.Sprintf("Message-ID: <%d@example.net>\r\nSubject: report %d\r\n\r\n", i, i))
		}
		open := ""
		s.on = func(c *scripted, tag, command string) bool {
			words := strings.Fields(command)
			switch {
			case words[0] == "LIST":
				c.send("* LIST () \"/\" INBOX\r\n* LIST () \"/\" Done\r\n%s OK done", tag)
			case words[0] == "EXAMINE" || words[0] == "SELECT":
				open = strings.Trim(words[1], `"`)
				return false
			case words[0] == "UID" && words[1] == "COPY":
				c.send("%s OK done", tag)
			case open != "Done":
				return false
			case strings.HasPrefix(command, "UID SEARCH"):
				c.send("%s NO [SERVERBUG] internal error", tag)
			case strings.HasPrefix(command, "UID FETCH"): // nothing of it is there
				c.send("%s OK done", tag)
			default:
				return false
			}
			return true
		}
		p := scriptPoller(s, m)
		p.Mailbox.After, p.Mailbox.MoveTo, p.Mailbox.MaxPerPoll = poller.AfterMove, "Done", 3
		got, err := p.Poll(t.Context())
		if wantError(t, err, "tidy"); got.Fetched != 3 || got.Skipped != 0 || !slices.Equal(m.uids(), []uint32{4, 1, 2}) || m.cursors["bounces/INBOX"].UID != 2 {
			t.Errorf("got %+v, kept %v, cursor %+v", got, m.uids(), m.cursors)
		}
	})
}

// TestAnotherAccount: where another account has come to be polled under the name of an old
// one, with the same UIDVALIDITY, nothing of it is deleted for what was left to do in the
// other, and all of it is read.
func TestAnotherAccount(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{}, newMemo()
		account := func(host string) (mails []string) {
			for i, kind := range []string{"report", "other", "report"} {
				mails = append(mails, fmt.Sprintf("Message-ID:\r\n <%d@%s>\r\nSubject: %s\r\n\r\n", i, host, kind))
			}
			return mails
		}
		s.mails = account("old.example")
		s.on = func(c *scripted, tag, command string) bool {
			if strings.HasPrefix(command, "UID STORE") {
				c.send("%s NO [SERVERBUG] not now", tag)
				return true
			}
			return false
		}
		p := scriptPoller(s, m)
		p.Mailbox.After = poller.AfterDelete
		for range 2 { // the second finds that they are the same still
			_, err := p.Poll(t.Context())
			wantError(t, err, "tidy")
			if len(m.untidied) != 2 || len(m.kept) != 3 {
				t.Fatalf("untidied %v, kept %v", m.untidied, m.uids())
			}
		}
		for at, c := range m.untidied { // as the parser has it
			c.MessageID = fmt.Sprintf("<%d@old.example>", at.UID-1)
			m.untidied[at] = c
		}
		_, err := p.Poll(t.Context())
		wantError(t, err, "tidy")
		s.on, s.mails = nil, account("new.example")
		s.mails[0], s.mails[1] = s.mails[1], s.mails[0]
		if got := poll(t, p); got.Fetched != 3 || len(m.untidied) != 0 {
			t.Errorf("got %+v, untidied %v", got, m.untidied)
		}
		if !s.there(1) || s.there(2) || s.there(3) {
			t.Errorf("gone: %v", s.gone)
		}
	})
}
