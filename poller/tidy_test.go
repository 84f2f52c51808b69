package poller_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// look shows a folder as one line: UID, flags and subject of each message.
func look(server *imaptest.Server, folder string) string {
	var b strings.Builder
	for _, m := range server.List(folder) {
		_, subject, _ := strings.Cut(string(m.Raw), "Subject: ")
		subject, _, _ = strings.Cut(subject, "\r\n")
		fmt.Fprintf(&b, "[%s %s]", subject, strings.Join(m.Flags, " "))
	}
	return b.String()
}

const (
	others  = `[other 2 \Flagged][other 5 \Seen]`
	unread  = `[unread 4 ]`
	reports = `[report 1 ][report 3 \Seen][report 6 \Answered]`
)

func TestTidy(t *testing.T) {
	type outcome struct{ inbox, done, unread string }
	move := func(p *poller.Poller) {
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Bounces/Processed"
		p.Mailbox.Unread, p.Mailbox.UnreadTo = poller.UnreadMove, "Bounces/Unread"
	}
	moved := outcome{inbox: others, done: reports, unread: unread}
	for name, c := range map[string]struct {
		caps   []imap.Cap
		change func(*poller.Poller)
		want   outcome
		tidied int
		never  []string
	}{
		"seen": {
			[]imap.Cap{imap.CapIdle}, func(p *poller.Poller) { p.Mailbox.After = poller.AfterSeen },
			outcome{inbox: `[report 1 \Seen][other 2 \Flagged][report 3 \Seen][unread 4 ][other 5 \Seen][report 6 \Answered \Seen]`},
			3, []string{"UID MOVE", "UID COPY", "UID EXPUNGE"},
		},
		"delete": {
			[]imap.Cap{imap.CapUIDPlus}, func(p *poller.Poller) { p.Mailbox.After = poller.AfterDelete },
			outcome{inbox: `[other 2 \Flagged][unread 4 ][other 5 \Seen]`}, 3, []string{"UID MOVE", "UID COPY", "EXPUNGE"},
		},
		"move with MOVE":               {[]imap.Cap{imap.CapMove, imap.CapUIDPlus}, move, moved, 4, []string{"UID COPY", "UID STORE", "UID EXPUNGE"}},
		"move with MOVE and namespace": {[]imap.Cap{imap.CapMove, imap.CapNamespace}, move, moved, 4, []string{"UID COPY"}},
		"move with UIDPLUS":            {[]imap.Cap{imap.CapUIDPlus}, move, moved, 4, []string{"UID MOVE", "EXPUNGE"}},
		"unread only": {
			[]imap.Cap{imap.CapMove}, func(p *poller.Poller) { move(p); p.Mailbox.After = poller.AfterKeep },
			outcome{inbox: `[report 1 ][other 2 \Flagged][report 3 \Seen][other 5 \Seen][report 6 \Answered]`, unread: unread}, 1, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, server *imaptest.Server) {
				sample(server)
				s := newMemo()
				p := plain(newPoller(server, s), server)
				c.change(p)
				record := new(sent).record(p)
				if got := poll(t, p); got.Tidied != c.tidied || got.Fetched != 6 {
					t.Errorf("got %+v", got)
				}
				check := func() {
					t.Helper()
					got := outcome{
						look(server, "INBOX"), look(server, "Bounces/Processed"), look(server, "Bounces/Unread"),
					}
					if got != c.want {
						t.Errorf("\n got %+v\nwant %+v", got, c.want)
					}
				}
				check()
				for _, never := range c.never {
					if record.has(never) {
						t.Errorf("sent %s", never)
					}
				}
				for at, left := range s.untidied {
					if left.Kind == bouncehound.KindReport && p.Mailbox.After != poller.AfterKeep {
						t.Errorf("%v is still untidied", at)
					}
				}
				if got := poll(t, p); got.Tidied != 0 || got.Fetched != 0 {
					t.Errorf("second poll: got %+v", got)
				}
				check()
			}, c.caps...)
		})
	}
}

// What somebody else has marked \Deleted is not ours to expunge.
func TestDeletedByOthersStays(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		sample(server)
		server.Flag("INBOX", 2, `\Deleted`)
		server.Flag("INBOX", 4, `\Deleted`)
		p := newPoller(server, newMemo())
		p.Mailbox.After = poller.AfterDelete
		poll(t, p)
		if got, want := look(server, "INBOX"), `[other 2 \Deleted \Flagged][unread 4 \Deleted][other 5 \Seen]`; got != want {
			t.Errorf("got %s", got)
		}
	}, imap.CapUIDPlus)
}

// Nothing is read where the server could move or delete only at others' expense.
func TestNeitherMoveNorUIDPlus(t *testing.T) {
	for name, c := range map[string]struct {
		caps   []imap.Cap
		change func(*poller.Mailbox)
	}{
		"move":             {[]imap.Cap{imap.CapIdle}, func(m *poller.Mailbox) { m.After, m.MoveTo = poller.AfterMove, "Done" }},
		"unread":           {[]imap.Cap{imap.CapIdle}, func(m *poller.Mailbox) { m.Unread, m.UnreadTo = poller.UnreadMove, "Unread" }},
		"delete":           {[]imap.Cap{imap.CapIdle}, func(m *poller.Mailbox) { m.After = poller.AfterDelete }},
		"delete with MOVE": {[]imap.Cap{imap.CapMove}, func(m *poller.Mailbox) { m.After = poller.AfterDelete }},
	} {
		t.Run(name, func(t *testing.T) {
			server := imaptest.Memory(t, c.caps...)
			sample(server)
			before := server.List("INBOX")
			s := newMemo()
			p := newPoller(server, s)
			c.change(&p.Mailbox)
			_, err := p.Poll(t.Context())
			wantError(t, err, "tidy", `after = "seen"`)
			if len(s.kept) != 0 || !same(before, server.List("INBOX")) || len(server.Folders()) != 1 {
				t.Errorf("kept %d, inbox %s", len(s.kept), look(server, "INBOX"))
			}
		})
	}
}

// A folder that is deleted while messages are about to be moved there: without
// MOVE, go-imap's own way would have destroyed them.
func TestMoveToMissingFolderLosesNothing(t *testing.T) {
	for _, caps := range [][]imap.Cap{{imap.CapUIDPlus}, {imap.CapMove, imap.CapUIDPlus}} {
		t.Run(fmt.Sprint(caps), func(t *testing.T) {
			eachServer(t, func(t *testing.T, server *imaptest.Server) {
				sample(server)
				before := server.List("INBOX")
				s := newMemo()
				p := newPoller(server, s)
				p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
				p.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
					server.Delete("Done")
					return s.handle(ctx, batch, upTo)
				}
				_, err := p.Poll(t.Context())
				wantError(t, err, "tidy")
				if !same(before, server.List("INBOX")) {
					t.Errorf("inbox %s", look(server, "INBOX"))
				}
				p.Handle = s.handle
				if got := poll(t, p); got.Tidied != 3 || look(server, "Done") != reports {
					t.Errorf("then: got %+v, moved %s", got, look(server, "Done"))
				}
			}, caps...)
		})
	}
}

// The store could not be told, or the poll was cut off before it tidied up: the
// next one finishes it, and copies nothing twice that has arrived already.
func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		caps    []imap.Cap
		arrived []uint32 // copied, but not yet expunged
		gone    []uint32 // moved, but the store does not know
	}{
		"before anything, MOVE":    {caps: []imap.Cap{imap.CapMove}},
		"before anything, UIDPLUS": {caps: []imap.Cap{imap.CapUIDPlus}},
		"between COPY and EXPUNGE": {caps: []imap.Cap{imap.CapUIDPlus}, arrived: []uint32{1, 3}},
		"all copied":               {caps: []imap.Cap{imap.CapUIDPlus}, arrived: []uint32{1, 3, 6}},
		"after EXPUNGE":            {caps: []imap.Cap{imap.CapUIDPlus}, arrived: []uint32{1}, gone: []uint32{1}},
		"in a MOVE":                {caps: []imap.Cap{imap.CapMove, imap.CapUIDPlus}, arrived: []uint32{1, 3}},
		"after MOVE":               {caps: []imap.Cap{imap.CapMove, imap.CapUIDPlus}, arrived: []uint32{1, 3, 6}, gone: []uint32{1, 3, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, noID := range []bool{false, true} {
				t.Run(fmt.Sprintf("no Message-ID %v", noID), func(t *testing.T) {
					eachServer(t, func(t *testing.T, server *imaptest.Server) {
						sample(server)
						s := newMemo()
						p := newPoller(server, s)
						poll(t, p) // keeps
						if noID {
							for at, c := range s.untidied {
								c.MessageID = ""
								s.untidied[at] = c
							}
						}
						// In the target lies another message of the same Message-ID already.
						server.Append("Done", []byte("Message-ID: <3@example.net>\r\nSubject: not 3\r\n\r\n"), day)
						for _, uid := range c.arrived {
							server.Copy("INBOX", uid, "Done")
						}
						if c.gone != nil {
							server.Expunge("INBOX", c.gone...)
						}
						p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
						if got := poll(t, p); got.Tidied != 3 || got.Fetched != 0 {
							t.Errorf("got %+v", got)
						}
						if got := look(server, "INBOX"); got != `[other 2 \Flagged][unread 4 ][other 5 \Seen]` {
							t.Errorf("inbox %s", got)
						}
						var done []string
						for _, m := range server.List("Done")[1:] {
							done = append(done, string(m.Raw))
						}
						slices.Sort(done)
						var want []string
						for _, n := range []int{1, 3, 6} {
							want = append(want, string(mail(n, bouncehound.KindReport)))
						}
						if !slices.Equal(done, want) {
							t.Errorf("moved %s", look(server, "Done"))
						}
						if len(s.untidied) != 1 { // the unread one, with which nothing is done
							t.Errorf("untidied %v", s.untidied)
						}
					}, c.caps...)
				})
			}
		})
	}
}

// More than one command takes at a time.
func TestTidyMany(t *testing.T) {
	server := imaptest.Memory(t, imap.CapUIDPlus)
	load(server, "INBOX", 1201)
	s := newMemo()
	p := plain(newPoller(server, s), server)
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	record := new(sent).record(p)
	if got := poll(t, p); got.Tidied != 1201 {
		t.Errorf("got %+v", got)
	}
	if n, m := len(server.List("INBOX")), len(server.List("Done")); n != 0 || m != 1201 || len(s.untidied) != 0 {
		t.Errorf("inbox %d, done %d, untidied %d", n, m, len(s.untidied))
	}
	copies := 0
	for _, command := range record.commands() {
		if strings.HasPrefix(command, "UID COPY") {
			copies++
		}
	}
	if copies != 3 {
		t.Errorf("%d COPY commands", copies)
	}
}

// An error of the store leaves the copies to the next poll.
func TestStoreFailsAfterTidying(t *testing.T) {
	server := imaptest.Memory(t)
	sample(server)
	s := newMemo()
	p := newPoller(server, s)
	p.Mailbox.After = poller.AfterDelete
	full := errors.New("disk full")
	p.Store = forgetful{s, full}
	if _, err := p.Poll(t.Context()); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	p.Store = s
	if got := poll(t, p); got.Tidied != 3 {
		t.Errorf("got %+v", got)
	}
	if got := look(server, "INBOX"); got != `[other 2 \Flagged][unread 4 ][other 5 \Seen]` {
		t.Errorf("inbox %s", got)
	}
}

// forgetful is a store that cannot be told what was tidied.
type forgetful struct {
	*memo
	err error
}

func (f forgetful) Tidied(context.Context, string, string, uint32, []uint32) error { return f.err }

// What cannot be tidied up does not keep new messages from being read, and is tried
// again with the next poll.
func TestTidyingFailsReadingGoesOn(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		full := true
		s.on = func(c *scripted, tag, command string) bool {
			if full && strings.HasPrefix(command, "UID STORE") {
				c.send("%s NO [OVERQUOTA] no room for flags", tag)
				return true
			}
			return false
		}
		p := scriptPoller(s, m)
		p.Mailbox.After = poller.AfterSeen
		for n := 3; n <= 5; n++ {
			got, err := p.Poll(t.Context())
			wantError(t, err, "tidy", "make room")
			if len(m.kept) != n || got.Tidied != 0 {
				t.Errorf("kept %d, want %d: %+v", len(m.kept), n, got)
			}
			synctest.Wait()
			s.mails = append(s.mails, "Subject: report\r\n\r\n")
		}
		full = false
		if got := poll(t, p); got.Fetched != 1 || got.Tidied != 5 || len(m.untidied) != 0 {
			t.Errorf("got %+v, untidied %v", got, m.untidied)
		}
	})
}

// The same in the middle of a poll: later rounds are read, and the error is told.
func TestTidyingFailsInFirstRound(t *testing.T) {
	server := imaptest.Memory(t)
	load(server, "INBOX", 5001)
	s := newMemo()
	p := newPoller(server, s)
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	p.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
		if len(s.kept) == 0 {
			server.Delete("Done")
		}
		return s.handle(ctx, batch, upTo)
	}
	_, err := p.Poll(t.Context())
	wantError(t, err, "tidy", "the next poll creates it")
	if len(s.kept) != 5001 || len(server.List("INBOX")) != 5001 {
		t.Errorf("kept %d, inbox %d", len(s.kept), len(server.List("INBOX")))
	}
}

// More messages than are read before the first are tidied up.
func TestTidyInRounds(t *testing.T) {
	server := imaptest.Memory(t)
	load(server, "INBOX", 5200)
	s := newMemo()
	p := plain(newPoller(server, s), server)
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	record := new(sent).record(p)
	if got := poll(t, p); got.Tidied != 5200 || got.Fetched != 5200 {
		t.Errorf("got %+v", got)
	}
	if n, m := len(server.List("INBOX")), len(server.List("Done")); n != 0 || m != 5200 || len(s.untidied) != 0 {
		t.Errorf("inbox %d, done %d, untidied %d", n, m, len(s.untidied))
	}
	var opened []string
	for _, command := range record.commands() {
		if strings.HasPrefix(command, "EXAMINE") || strings.HasPrefix(command, "SELECT") {
			opened = append(opened, strings.Fields(command)[0])
		}
	}
	if want := []string{"EXAMINE", "SELECT", "EXAMINE", "SELECT"}; !slices.Equal(opened, want) {
		t.Errorf("opened %v", opened)
	}
}

// Only what COPYUID names has arrived, and only that is expunged.
func TestCopyOfSome(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		answer := "OK [COPYUID 9 1 1] done"
		s.on = func(c *scripted, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "LIST"):
				c.send("* LIST () \"/\" INBOX\r\n* LIST () \"/\" Done\r\n%s OK done", tag)
			case strings.HasPrefix(command, "UID COPY"):
				c.send("%s %s", tag, answer)
			case command == "UID EXPUNGE 1":
				c.mails[0] = ""
				c.send("%s OK done", tag)
			default:
				return false
			}
			return true
		}
		p := scriptPoller(s, m)
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		_, err := p.Poll(t.Context())
		wantError(t, err, "tidy")
		synctest.Wait()
		if !slices.Contains(s.said, "UID EXPUNGE 1") || slices.Contains(s.said, "UID EXPUNGE 1,3") || len(m.untidied) != 2 {
			t.Errorf("said %q, untidied %v", s.said, m.untidied)
		}
		answer = "OK [COPYUID 9 3 2] done"
		poll(t, p)
		synctest.Wait()
		if !slices.Contains(s.said, "UID EXPUNGE 3") || len(m.untidied) != 0 {
			t.Errorf("said %q, untidied %v", s.said, m.untidied)
		}
	})
}
