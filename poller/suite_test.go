package poller_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// TestServers does the main things, the same on every server that can run here, and
// on one that is named in the environment: an account of a provider, say.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *imaptest.Server, *memo, *poller.Poller)
	}{
		{"keep", suiteKeep},
		{"many", suiteMany},
		{"move", suiteMove},
		{"resume", suiteResume},
		{"delete", suiteDelete},
		{"seen", suiteSeen},
		{"partial", suitePartial},
		{"not ASCII", suiteNotASCII},
		{"no SEARCH", suiteNoSearch},
	} {
		test := func(t *testing.T, server *imaptest.Server) {
			s := newMemo()
			c.test(t, server, s, plain(newPoller(server, s), server))
		}
		t.Run(c.name, func(t *testing.T) {
			eachServer(t, test)
			t.Run("running", func(t *testing.T) { test(t, imaptest.Running(t)) })
		})
	}
}

func suiteKeep(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	sample(server)
	before := server.List("INBOX")
	if got := poll(t, p); got != (poller.Result{Seen: 6, Fetched: 6, Reports: 3, Unread: 1, Other: 2}) {
		t.Errorf("got %+v", got)
	}
	for i, m := range s.kept {
		if string(m.Raw) != string(before[i].Raw) || m.Place.UID != before[i].UID || !m.InternalDate.Equal(before[i].InternalDate) {
			t.Errorf("got %+v, want %+v", m, before[i])
		}
	}
	if got := poll(t, p); got != (poller.Result{}) || !same(before, server.List("INBOX")) {
		t.Errorf("got %+v, inbox %s", got, look(server, "INBOX"))
	}
}

func suiteMany(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	load(server, "INBOX", 1020)
	var odd, even []uint32
	for i, m := range server.List("INBOX") {
		if i%2 == 0 {
			odd = append(odd, m.UID)
		} else {
			even = append(even, m.UID)
		}
	}
	server.Expunge("INBOX", even...)
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	if got := poll(t, p); got.Fetched != 510 || got.Tidied != 510 || !slices.Equal(s.uids(), odd) {
		t.Errorf("got %+v", got)
	}
	if n, m := len(server.List("INBOX")), len(server.List("Done")); n != 0 || m != 510 {
		t.Errorf("inbox %d, done %d", n, m)
	}
}

func suiteMove(t *testing.T, server *imaptest.Server, _ *memo, p *poller.Poller) {
	sample(server)
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Bounces/Processed"
	p.Mailbox.Unread, p.Mailbox.UnreadTo = poller.UnreadMove, "Bounces/Unread"
	if got := poll(t, p); got.Tidied != 4 {
		t.Errorf("got %+v", got)
	}
	for folder, want := range map[string]string{"INBOX": others, "Bounces/Processed": reports, "Bounces/Unread": unread} {
		if got := look(server, folder); got != want {
			t.Errorf("%s: got %s, want %s", folder, got, want)
		}
	}
}

func suiteResume(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	sample(server)
	poll(t, p) // keeps
	server.Append("Done", mail(99, bouncehound.KindReport), day)
	first := server.List("INBOX")[0].UID
	server.Copy("INBOX", first, "Done")
	server.Expunge("INBOX", first)
	server.Copy("INBOX", server.List("INBOX")[1].UID, "Done") // report 3
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
	poll(t, p)
	want := "[report 99 ][report 1 ][report 3 \\Seen][report 6 \\Answered]"
	if got := look(server, "Done"); got != want || len(s.untidied) != 1 {
		t.Errorf("done %s, want %s; untidied %v", got, want, s.untidied)
	}
	if got := look(server, "INBOX"); got != `[other 2 \Flagged][unread 4 ][other 5 \Seen]` {
		t.Errorf("inbox %s", got)
	}
}

func suiteDelete(t *testing.T, server *imaptest.Server, _ *memo, p *poller.Poller) {
	sample(server)
	server.Flag("INBOX", server.List("INBOX")[1].UID, `\Deleted`)
	p.Mailbox.After = poller.AfterDelete
	poll(t, p)
	if got := look(server, "INBOX"); got != `[other 2 \Deleted \Flagged][unread 4 ][other 5 \Seen]` {
		t.Errorf("inbox %s", got)
	}
}

func suiteSeen(t *testing.T, server *imaptest.Server, _ *memo, p *poller.Poller) {
	sample(server)
	p.Mailbox.After = poller.AfterSeen
	poll(t, p)
	if got := look(server, "INBOX"); got != `[report 1 \Seen][other 2 \Flagged][report 3 \Seen][unread 4 ][other 5 \Seen][report 6 \Answered \Seen]` {
		t.Errorf("inbox %s", got)
	}
}

func suitePartial(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	sample(server)
	p.Mailbox.MaxMessageSize = 100
	poll(t, p)
	for i, m := range server.List("INBOX") {
		if got := s.kept[i]; !got.Partial || string(got.Raw) != string(m.Raw[:100]) || got.Size != int64(len(m.Raw)) {
			t.Errorf("got %+v", got)
		}
	}
}

func suiteNotASCII(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	load(server, "Rückläufer", 2)
	p.Mailbox.Folders = []string{"Rückläufer"}
	p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Erledigt & weg"
	if got := poll(t, p); got.Tidied != 2 || len(server.List("Erledigt & weg")) != 2 || len(s.kept) != 2 {
		t.Errorf("got %+v", got)
	}
}

// suiteNoSearch does without SEARCH: it is answered before the server hears of it, by OK
// alone and then by NO.
func suiteNoSearch(t *testing.T, server *imaptest.Server, s *memo, p *poller.Poller) {
	answer := "OK"
	p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, inner := net.Pipe()
		x := &proxy{server: conn, inner: inner, lines: new(atomic.Int64), wrote: new(atomic.Int64)}
		x.fault.client = func(tag, command string) string {
			if strings.HasPrefix(command, "UID SEARCH") {
				return tag + " " + answer + " SEARCH completed\r\n"
			}
			return ""
		}
		go x.fromServer()
		go x.fromClient()
		return client, nil
	}
	sample(server)
	if got := poll(t, p); got.Fetched != 6 {
		t.Errorf("got %+v", got)
	}
	answer = "NO"
	p.Mailbox.After = poller.AfterDelete
	if got := poll(t, p); got.Fetched != 0 || got.Tidied != 3 {
		t.Errorf("got %+v", got)
	}
	server.Append("INBOX", mail(7, bouncehound.KindReport), day)
	if got := poll(t, p); got.Fetched != 1 || got.Tidied != 1 || len(s.kept) != 7 {
		t.Errorf("got %+v", got)
	}
	if got := look(server, "INBOX"); got != `[other 2 \Flagged][unread 4 ][other 5 \Seen]` {
		t.Errorf("inbox %s", got)
	}
}
