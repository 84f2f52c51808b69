package imaptest_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"bouncehound/poller/imaptest"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

// Both servers do the same by the same methods.
func TestServers(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *imaptest.Server{
		"memory":  func(t *testing.T) *imaptest.Server { return imaptest.Memory(t) },
		"dovecot": func(t *testing.T) *imaptest.Server { return imaptest.Dovecot(t) },
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			if got := server.List("INBOX"); got != nil {
				t.Errorf("a new INBOX holds %v", got)
			}
			at := time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)
			server.Append("INBOX", []byte("Subject: a\r\n\r\na\r\n"), at, `\Seen`, `\Flagged`)
			server.Append("Old", []byte("Subject: b\r\n\r\nb\r\n"), at)
			server.Copy("INBOX", 1, "Old")
			got := server.List("INBOX")
			if len(got) != 1 || got[0].UID != 1 || !got[0].InternalDate.Equal(at) ||
				!slices.Equal(got[0].Flags, []string{`\Flagged`, `\Seen`}) || string(got[0].Raw) != "Subject: a\r\n\r\na\r\n" {
				t.Errorf("got %+v", got)
			}
			if got := server.List("Old"); len(got) != 2 || string(got[1].Raw) != "Subject: a\r\n\r\na\r\n" {
				t.Errorf("got %+v", got)
			}
			if got := server.Folders(); !slices.Equal(got, []string{"INBOX", "Old"}) {
				t.Errorf("got %v", got)
			}
			before := validity(t, server, "Old")
			server.Recreate("Old")
			if after := validity(t, server, "Old"); after == before || len(server.List("Old")) != 2 {
				t.Errorf("UIDVALIDITY %d, was %d; %d messages", after, before, len(server.List("Old")))
			}
			server.Expunge("INBOX", 1)
			if got := server.List("INBOX"); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
			if caps := capabilities(t, server); !caps.Has(imap.CapMove) || !caps.Has(imap.CapUIDPlus) {
				t.Errorf("got %v", caps)
			}
			server.SetCaps(imap.CapIdle)
			if caps := capabilities(t, server); caps.Has(imap.CapMove) || caps.Has(imap.CapUIDPlus) {
				t.Errorf("got %v", caps)
			}
			if got := server.List("Old"); len(got) != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// go-imap's server lets a client write after EXAMINE; a test would not see that.
func TestMemoryKeepsExamine(t *testing.T) {
	server := imaptest.Memory(t)
	server.Append("INBOX", []byte("\r\n"), time.Time{})
	c := login(t, server)
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}
	if err := c.Store(imap.UIDSetNum(1), add, nil).Close(); err == nil {
		t.Error("STORE")
	}
	if _, err := c.Move(imap.UIDSetNum(1), "INBOX").Wait(); err == nil {
		t.Error("MOVE")
	}
	if err := c.Expunge().Close(); err == nil {
		t.Error("EXPUNGE")
	}
	if err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}).Close(); err == nil {
		t.Error("BODY[] without PEEK")
	}
}

func login(t *testing.T, server *imaptest.Server) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(server.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func capabilities(t *testing.T, server *imaptest.Server) imap.CapSet {
	t.Helper()
	caps, err := login(t, server).Capability().Wait()
	if err != nil {
		t.Fatal(err)
	}
	return caps
}

func validity(t *testing.T, server *imaptest.Server, folder string) uint32 {
	t.Helper()
	data, err := login(t, server).Select(folder, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return data.UIDValidity
}
