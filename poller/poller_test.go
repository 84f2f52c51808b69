package poller_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

var day = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// mail makes a message; what it is, is in its subject.
func mail(n int, kind bouncehound.Kind) []byte {
	return fmt.Appendf(nil, "From: MAILER-DAEMON@example.net\r\nTo: bounces@example.com\r\n"+
		"Message-ID: <%d@example.net>\r\nSubject: %s %d\r\n\r\nnumber %d\r\n", n, kind, n, n)
}

// kindOf is how the tests' handler judges.
func kindOf(raw []byte) bouncehound.Kind {
	for _, kind := range []bouncehound.Kind{bouncehound.KindReport, bouncehound.KindUnread} {
		if strings.Contains(string(raw), "Subject: "+string(kind)) {
			return kind
		}
	}
	return bouncehound.KindOther
}

// A memo is a Store and a Handler that remember in memory, as the real ones do in
// the database: batch and cursor together, or neither.
type memo struct {
	mu       sync.Mutex
	cursors  map[string]bouncehound.Place
	untidied map[bouncehound.Place]bouncehound.Copy
	withheld map[bouncehound.Place]bouncehound.Withheld
	kept     []bouncehound.Message
	upTo     []uint32
	batches  []int

	fail func(batch []bouncehound.Judged) error // before anything is kept
}

func newMemo() *memo {
	return &memo{cursors: map[string]bouncehound.Place{}, untidied: map[bouncehound.Place]bouncehound.Copy{},
		withheld: map[bouncehound.Place]bouncehound.Withheld{}}
}

func (s *memo) FolderCursor(_ context.Context, mailbox, folder string) (bouncehound.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursors[mailbox+"/"+folder], nil
}

func (s *memo) Untidied(_ context.Context, mailbox, folder string, validity uint32) (copies []bouncehound.Copy, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, c := range s.untidied {
		if at.Mailbox == mailbox && at.Folder == folder && at.UIDValidity == validity {
			copies = append(copies, c)
		}
	}
	return copies, nil
}

func (s *memo) Tidied(_ context.Context, mailbox, folder string, validity uint32, uids []uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		delete(s.untidied, bouncehound.Place{Mailbox: mailbox, Folder: folder, UIDValidity: validity, UID: uid})
	}
	return nil
}

func (s *memo) Moving(_ context.Context, mailbox, folder string, validity uint32, uids []uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		at := bouncehound.Place{Mailbox: mailbox, Folder: folder, UIDValidity: validity, UID: uid}
		if c, ok := s.untidied[at]; ok {
			c.Moving = time.Now()
			s.untidied[at] = c
		}
	}
	return nil
}

func (s *memo) Recorded(_ context.Context, mailbox, folder string, validity, above uint32) (uids []uint32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.kept {
		if at := m.Place; at.Mailbox == mailbox && at.Folder == folder && at.UIDValidity == validity && at.UID > above {
			uids = append(uids, at.UID)
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

func (s *memo) ReadAnew(_ context.Context, mailbox, folder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cursors, mailbox+"/"+folder)
	for at := range s.untidied {
		if at.Mailbox == mailbox && at.Folder == folder {
			delete(s.untidied, at)
		}
	}
	for i := range s.kept {
		s.kept[i].Place.UIDValidity = 0 // is known by its content only
	}
	return nil
}

func (s *memo) Withheld(_ context.Context, mailbox, folder string, validity uint32) (all []bouncehound.Withheld, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, w := range s.withheld {
		if at.Mailbox == mailbox && at.Folder == folder && at.UIDValidity == validity {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b bouncehound.Withheld) int { return cmp.Compare(a.Place.UID, b.Place.UID) })
	return all, nil
}

func (s *memo) Withhold(_ context.Context, at bouncehound.Place, because string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withheld[at] = bouncehound.Withheld{Place: at, Tries: s.withheld[at].Tries + 1, TriedAt: time.Now(), Error: because}
	return nil
}

func (s *memo) HandedOver(_ context.Context, mailbox, folder string, validity uint32, uids []uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		delete(s.withheld, bouncehound.Place{Mailbox: mailbox, Folder: folder, UIDValidity: validity, UID: uid})
	}
	return nil
}

func (s *memo) handle(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(batch); err != nil {
			return nil, err
		}
	}
	kinds := make([]bouncehound.Kind, len(batch))
	for i, j := range batch {
		m := j.Message
		s.kept = append(s.kept, m)
		kinds[i] = kindOf(m.Raw)
		if kinds[i] != bouncehound.KindOther {
			_, id, _ := strings.Cut(string(m.Raw), "Message-ID: ")
			id, _, _ = strings.Cut(id, "\r\n")
			s.untidied[m.Place] = bouncehound.Copy{Place: m.Place, Kind: kinds[i], Message: m.ID(), MessageID: id}
		}
	}
	s.batches = append(s.batches, len(batch))
	s.upTo = append(s.upTo, upTo.UID)
	s.cursors[upTo.Mailbox+"/"+upTo.Folder] = upTo
	return kinds, nil
}

// uids are those kept, in the order they came.
func (s *memo) uids() (uids []uint32) {
	for _, m := range s.kept {
		uids = append(uids, m.Place.UID)
	}
	return uids
}

// new returns a poller of INBOX on a test server, over TLS from the start.
func newPoller(server *imaptest.Server, s *memo) *poller.Poller {
	username, secret := server.Account()
	return &poller.Poller{
		Mailbox: poller.Mailbox{
			Name: "bounces", Host: server.TLSAddr, RootCAs: server.Pool, Username: username, Password: password(secret),
		},
		Store: s, Handle: s.handle, Tries: 1, SettleTime: time.Millisecond, Version: "1.0 (test)",
	}
}

func password(p string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return p, nil }
}

// plain makes a poller use the plain port.
func plain(p *poller.Poller, server *imaptest.Server) *poller.Poller {
	p.Mailbox.Host, p.Mailbox.TLS = server.Addr, poller.TLSNone
	return p
}

func poll(t *testing.T, p *poller.Poller) poller.Result {
	t.Helper()
	result, err := p.Poll(t.Context())
	if err != nil {
		t.Fatalf("poll: %v", err)
	}
	return result
}

// sample loads three reports, an unread one and two other mails, some flagged.
func sample(server *imaptest.Server) {
	for i, m := range []struct {
		kind  bouncehound.Kind
		flags []string
	}{
		{bouncehound.KindReport, nil}, {bouncehound.KindOther, []string{`\Flagged`}}, {bouncehound.KindReport, []string{`\Seen`}},
		{bouncehound.KindUnread, nil}, {bouncehound.KindOther, []string{`\Seen`}}, {bouncehound.KindReport, []string{`\Answered`}},
	} {
		server.Append("INBOX", mail(i+1, m.kind), day.Add(time.Duration(i)*time.Hour), m.flags...)
	}
}

func TestKeepTouchesNothing(t *testing.T) {
	eachServer(t, func(t *testing.T, server *imaptest.Server) {
		sample(server)
		before := server.List("INBOX")
		s := newMemo()
		p := newPoller(server, s)
		got := poll(t, p)
		if want := (poller.Result{Seen: 6, Fetched: 6, Reports: 3, Unread: 1, Other: 2}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for i, m := range s.kept {
			want := before[i]
			if m.Place.UID != want.UID || string(m.Raw) != string(want.Raw) || !m.InternalDate.Equal(want.InternalDate) ||
				m.Size != int64(len(want.Raw)) || m.Partial {
				t.Errorf("message %d: got %+v", i, m)
			}
			if want := fmt.Sprintf("bounces/INBOX;UID=%d", m.Place.UID); m.Source != want || m.Place.UIDValidity == 0 {
				t.Errorf("got %q, %+v", m.Source, m.Place)
			}
		}
		if got := poll(t, p); got != (poller.Result{}) {
			t.Errorf("second poll: got %+v", got)
		}
		if after := server.List("INBOX"); !same(before, after) {
			t.Errorf("the folder changed: %v, was %v", after, before)
		}
	})
}

func same(a, b []imaptest.Mail) bool {
	return slices.EqualFunc(a, b, func(a, b imaptest.Mail) bool {
		return a.UID == b.UID && slices.Equal(a.Flags, b.Flags) && string(a.Raw) == string(b.Raw) && a.InternalDate.Equal(b.InternalDate)
	})
}

// eachServer runs a test on the server in memory, and on Dovecot, Cyrus and Courier
// where they can run.
func eachServer(t *testing.T, test func(*testing.T, *imaptest.Server), caps ...imap.Cap) {
	t.Run("memory", func(t *testing.T) { test(t, imaptest.Memory(t, caps...)) })
	for name, start := range map[string]func(testing.TB) *imaptest.Server{
		"dovecot": imaptest.Dovecot, "cyrus": imaptest.Cyrus, "courier": imaptest.Courier,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			if len(caps) > 0 {
				server.SetCaps(caps...)
			}
			test(t, server)
		})
	}
}

func TestErrorOfHandlerKeepsNothing(t *testing.T) {
	server := imaptest.Memory(t)
	sample(server)
	s := newMemo()
	broken := errors.New("disk full")
	s.fail = func([]bouncehound.Judged) error { return broken }
	p := newPoller(server, s)
	p.Mailbox.After = poller.AfterDelete
	if _, err := p.Poll(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if len(s.kept) != 0 || len(s.cursors) != 0 || len(server.List("INBOX")) != 6 {
		t.Errorf("kept %d, cursors %v, inbox %d", len(s.kept), s.cursors, len(server.List("INBOX")))
	}
	s.fail = nil
	if got := poll(t, p); got.Fetched != 6 || got.Tidied != 3 {
		t.Errorf("got %+v", got)
	}
}
