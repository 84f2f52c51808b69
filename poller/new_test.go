package poller_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// load puts n reports into a folder.
func load(server *imaptest.Server, folder string, n int) {
	var mails []imaptest.Mail
	for i := range n {
		mails = append(mails, imaptest.Mail{Raw: mail(i+1, bouncehound.KindReport), InternalDate: day})
	}
	server.Load(folder, mails...)
}

// sent records the command lines of a poller that polls in clear.
type sent struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (s *sent) record(p *poller.Poller) *sent {
	dial := p.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return recorded{conn, s}, err
	}
	return s
}

type recorded struct {
	net.Conn
	sent *sent
}

func (r recorded) Write(p []byte) (int, error) {
	r.sent.mu.Lock()
	r.sent.lines.Write(p)
	r.sent.mu.Unlock()
	return r.Conn.Write(p)
}

// commands returns the commands without their tags.
func (s *sent) commands() (commands []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.lines.String()) {
		_, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		commands = append(commands, command)
	}
	return commands
}

func (s *sent) has(start string) bool {
	return slices.ContainsFunc(s.commands(), func(c string) bool { return strings.HasPrefix(c, start) })
}

func TestOnlyNewOnes(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		load(server, "INBOX", 3)
		s := newMemo()
		p := plain(newPoller(server, s), server)
		record := new(sent).record(p)
		poll(t, p)
		// The last message answers "4:*" although its UID is 3.
		if got := poll(t, p); got.Seen != 0 || len(s.kept) != 3 {
			t.Errorf("got %+v, kept %d", got, len(s.kept))
		}
		server.Append("INBOX", mail(9, bouncehound.KindUnread), day)
		if got := poll(t, p); got != (poller.Result{Seen: 1, Fetched: 1, Unread: 1}) {
			t.Errorf("got %+v", got)
		}
		if got := s.uids(); !slices.Equal(got, []uint32{1, 2, 3, 4}) {
			t.Errorf("got %v", got)
		}
		if !record.has("UID SEARCH UID 4:*") || !record.has("EXAMINE") {
			t.Errorf("sent %q", record.commands())
		}
		for _, never := range []string{"SELECT", "UID STORE", "UID COPY", "UID MOVE", "EXPUNGE", "UID EXPUNGE", "CLOSE", "CREATE"} {
			if record.has(never) {
				t.Errorf("sent %s", never)
			}
		}
	})
}

func TestUIDValidityChanges(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		load(server, "Bounces", 3)
		s := newMemo()
		p := newPoller(server, s)
		p.Mailbox.Folders = []string{"Bounces"}
		poll(t, p)
		server.Recreate("Bounces")
		if got := poll(t, p); got.Fetched != 3 {
			t.Errorf("got %+v", got)
		}
		old, now := s.kept[0].Place.UIDValidity, s.kept[3].Place.UIDValidity
		if old == now || s.cursors["bounces/Bounces"].UIDValidity != now || s.kept[0].ID() != s.kept[3].ID() {
			t.Errorf("from %d to %d, cursor %+v", old, now, s.cursors)
		}
	})
}

// A message older than since is left alone, to the second, though SEARCH knows days.
func TestSince(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		now := time.Now()
		ages := []time.Duration{72 * time.Hour, 25 * time.Hour, 24*time.Hour + time.Minute, 24*time.Hour - time.Minute, time.Hour, 30 * time.Hour}
		for i, age := range ages {
			server.Append("INBOX", mail(i+1, bouncehound.KindReport), now.Add(-age))
		}
		s := newMemo()
		p := newPoller(server, s)
		p.Mailbox.Since = 24 * time.Hour
		got := poll(t, p)
		if uids := s.uids(); !slices.Equal(uids, []uint32{4, 5}) {
			t.Errorf("kept %v", uids)
		}
		if got.Seen != got.Fetched+got.Skipped || got.Fetched != 2 || got.Skipped < 1 {
			t.Errorf("got %+v", got)
		}
		if at := s.cursors["bounces/INBOX"]; at.UID != 6 {
			t.Errorf("the cursor is at %d: it passes what is too old", at.UID)
		}
	})
}

// A great many old messages are passed with the cursor, bit by bit.
func TestManyTooOld(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		time.Sleep(30 * 365 * 24 * time.Hour) // a bubble begins in the year 2000
		s, m := &script{}, newMemo()
		for range 2500 {
			s.mails = append(s.mails, "Subject: report\r\n\r\n")
		}
		p := scriptPoller(s, m)
		p.Mailbox.Since = time.Hour
		if got := poll(t, p); got != (poller.Result{Seen: 2500, Skipped: 2500}) {
			t.Errorf("got %+v", got)
		}
		if !slices.Equal(m.upTo, []uint32{1000, 2000, 2500}) || !slices.Equal(m.batches, []int{0, 0, 0}) {
			t.Errorf("batches %v up to %v", m.batches, m.upTo)
		}
	})
}

// Half of what a poll may read is the newest, the rest the oldest; and where a poll is
// cut off between the two, the next knows what it has read.
func TestMaxPerPollTakesBothEnds(t *testing.T) {
	server := imaptest.Memory(t)
	load(server, "INBOX", 7)
	s := newMemo()
	p := newPoller(server, s)
	p.Mailbox.MaxPerPoll = 3
	for i, want := range [][]uint32{{7}, {7, 6, 1, 2}, {7, 6, 1, 2, 3, 4, 5}, {7, 6, 1, 2, 3, 4, 5}} {
		if i == 0 { // the disk is full after the first batch
			s.fail = func([]bouncehound.Judged) error {
				if len(s.kept) == 0 {
					return nil
				}
				return errors.New("disk full")
			}
			if _, err := p.Poll(t.Context()); err == nil || s.cursors["bounces/INBOX"].UID != 0 {
				t.Errorf("got %v, cursor %v", err, s.cursors)
			}
			s.fail = nil
		} else {
			poll(t, p)
		}
		if got := s.uids(); !slices.Equal(got, want) {
			t.Errorf("poll %d: got %v, want %v", i+1, got, want)
		}
	}
	if at := s.cursors["bounces/INBOX"].UID; at != 7 {
		t.Errorf("the cursor is at %d", at)
	}
}

// Of a great many the newest come first, and all are read in one poll.
func TestNewestFirst(t *testing.T) {
	for _, after := range []poller.After{poller.AfterKeep, poller.AfterSeen} {
		inBubble(t, string(after), func(t *testing.T) {
			s, m := &script{}, newMemo()
			for i := range 10_600 {
				s.mails = append(s.mails, fmt.Sprintf("Subject: report %d\r\n\r\n", i+1))
			}
			p := scriptPoller(s, m)
			p.Mailbox.After = after
			if got := poll(t, p); got.Seen != 10_600 || got.Fetched != 10_600 {
				t.Errorf("got %+v", got)
			}
			uids := m.uids()
			if uids[0] != 5601 || uids[4999] != 10_600 || uids[5000] != 1 || uids[10_599] != 5600 {
				t.Errorf("the order was %d … %d, %d … %d", uids[0], uids[4999], uids[5000], uids[10_599])
			}
			if at := m.cursors["bounces/INBOX"].UID; at != 10_600 || slices.Max(m.upTo[:50]) != 0 {
				t.Errorf("the cursor is at %d, and was at %v", at, m.upTo[:50])
			}
			if got := poll(t, p); got.Seen != 0 {
				t.Errorf("then %+v", got)
			}
		})
	}
}

// A mailbox restored from a backup numbers new messages like those that came after it.
func TestRestoredMailbox(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.on = func(c *scripted, tag, command string) bool {
			if !strings.HasPrefix(command, "EXAMINE") && !strings.HasPrefix(command, "SELECT") {
				return false
			}
			c.send("* OK [UIDNEXT %d] next", len(c.mails)+1)
			return false
		}
		p := scriptPoller(s, m)
		poll(t, p)
		p.Mailbox.After = poller.AfterDelete
		s.mails = []string{s.mails[0], "Subject: other new\r\n\r\nnew"}
		got := poll(t, p)
		if got.Fetched != 2 || got.Tidied != 1 || !strings.Contains(string(m.kept[4].Raw), "other new") {
			t.Errorf("got %+v, kept %v", got, m.uids())
		}
		for _, command := range s.said {
			if strings.HasPrefix(command, "UID EXPUNGE") && command != "UID EXPUNGE 1" {
				t.Errorf("said %s", command)
			}
		}
		if got := poll(t, p); got.Seen != 0 {
			t.Errorf("then %+v", got)
		}
	})
}

// The first part of a message over the limit is read, and it is said so.
func TestMaxMessageSize(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		const limit = 400
		var raws [][]byte
		for i, size := range []int{0, limit, limit + 1, 10_000, 100, 5_000} {
			raw := mail(i, bouncehound.KindReport)
			for len(raw) < size {
				raw = append(raw[:len(raw)-2], "x\r\n"...) // Courier would end the line if it had no end
			}
			raws = append(raws, raw)
			server.Append("INBOX", raw, day)
		}
		s := newMemo()
		p := plain(newPoller(server, s), server)
		p.Mailbox.MaxMessageSize = limit
		record := new(sent).record(p)
		poll(t, p)
		if !record.has("UID FETCH 3:4 (UID BODY.PEEK[]<0.400>)") {
			t.Errorf("sent %q", record.commands())
		}
		if len(s.kept) != len(raws) {
			t.Fatalf("kept %d", len(s.kept))
		}
		for i, m := range s.kept {
			raw := raws[i]
			over := len(raw) > limit
			if m.Partial != over || m.Size != int64(len(raw)) || string(m.Raw) != string(raw[:min(limit, len(raw))]) {
				t.Errorf("message %d of %d octets: partial %v, size %d, %d octets", i, len(raw), m.Partial, m.Size, len(m.Raw))
			}
		}
	})
}

// Every second UID is gone, so that a set of them cannot be put in ranges.
func TestManySparseUIDs(t *testing.T) {
	server := imaptest.Memory(t)
	s := newMemo()
	p := plain(newPoller(server, s), server)
	load(server, "INBOX", 1300)
	var all []uint32
	for uid := uint32(1); uid <= 1300; uid += 2 {
		all = append(all, uid)
	}
	expungeEven(t, server, 1300)
	record := new(sent).record(p)
	if got := poll(t, p); got.Fetched != 650 || !slices.Equal(s.uids(), all) {
		t.Errorf("got %+v", got)
	}
	sets := 0
	for _, command := range record.commands() {
		if len(command) > 8<<10 {
			t.Errorf("a command line of %d octets", len(command))
		}
		if rest, ok := strings.CutPrefix(command, "UID FETCH "); ok {
			set, _, _ := strings.Cut(rest, " ")
			if n := strings.Count(set, ",") + 1; n > 500 {
				t.Errorf("%d UIDs in one command", n)
			}
			sets++
		}
	}
	if sets != 4 {
		t.Errorf("%d commands for sizes and bodies, want 4", sets)
	}
	if !slices.IsSorted(s.upTo) || s.upTo[len(s.upTo)-1] != 1299 {
		t.Errorf("cursors %v", s.upTo)
	}
	for _, n := range s.batches {
		if n > 100 {
			t.Errorf("a batch of %d", n)
		}
	}
}

func TestSeveralFolders(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		load(server, "INBOX", 1)
		load(server, "Bounces/Späte", 2)
		s := newMemo()
		p := newPoller(server, s)
		p.Mailbox.Folders = []string{"inbox", "Missing", "Bounces/Späte"}
		got, err := p.Poll(t.Context())
		wantError(t, err, "select", "there are: ", "INBOX", "Bounces/Späte")
		if got.Fetched != 3 {
			t.Errorf("got %+v: a folder that fails keeps no other from being read", got)
		}
		if s.cursors["bounces/Bounces/Späte"].UID != 2 || s.cursors["bounces/inbox"].UID != 1 {
			t.Errorf("cursors %v", s.cursors)
		}
	})
}

func TestDryRun(t *testing.T) {
	server := imaptest.Memory(t)
	sample(server)
	before := server.List("INBOX")
	s := newMemo()
	p := plain(newPoller(server, s), server)
	p.DryRun = true
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	p.Store = noTidying{t, s}
	if got := poll(t, p); got.Fetched != 6 || got.Tidied != 0 {
		t.Errorf("got %+v", got)
	}
	if !same(before, server.List("INBOX")) || len(server.Folders()) != 1 {
		t.Errorf("inbox %v, folders %v", server.List("INBOX"), server.Folders())
	}
}

// noTidying is a store that must not be asked what is to be tidied.
type noTidying struct {
	t *testing.T
	*memo
}

func (n noTidying) Untidied(context.Context, string, string, uint32) ([]bouncehound.Copy, error) {
	n.t.Error("Untidied was called")
	return nil, nil
}

func (n noTidying) Tidied(context.Context, string, string, uint32, []uint32) error {
	n.t.Error("Tidied was called")
	return nil
}

// expungeEven deletes every message with an even UID.
func expungeEven(t *testing.T, server *imaptest.Server, n uint32) {
	t.Helper()
	var uids []uint32
	for uid := uint32(2); uid <= n; uid += 2 {
		uids = append(uids, uid)
	}
	server.Expunge("INBOX", uids...)
}
