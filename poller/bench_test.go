package poller_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

const benchMails = 20_000

// BenchmarkDovecot reads 20,000 messages of 4 KB from Dovecot: Fetch is the floor, a
// client that fetches and discards; Poll hands them to a handler that keeps nothing;
// NothingNew is the poll after it, and Examine the floor of that.
func BenchmarkDovecot(b *testing.B) {
	server := imaptest.Dovecot(b)
	var mails []imaptest.Mail
	for i := range benchMails {
		raw := mail(i+1, bouncehound.KindReport)
		mails = append(mails, imaptest.Mail{Raw: append(raw, bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n"), 63)...), InternalDate: day})
	}
	server.Deliver(mails...)
	at := bouncehound.Place{}
	newBench := func(at *bouncehound.Place) *poller.Poller {
		return &poller.Poller{
			Mailbox: poller.Mailbox{
				Name: "bounces", Host: server.Addr, TLS: poller.TLSNone, Username: imaptest.Username, Password: password(imaptest.Password),
			},
			Store: benchStore{at: at},
			Handle: func(_ context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
				*at = upTo
				return make([]bouncehound.Kind, len(batch)), nil
			},
		}
	}
	b.Run("Fetch", func(b *testing.B) {
		for b.Loop() {
			c := bare(b, server)
			cmd := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
			n := 0
			for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
				for item := msg.Next(); item != nil; item = msg.Next() {
					if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
						_, _ = io.Copy(io.Discard, body.Literal)
						n++
					}
				}
			}
			if err := cmd.Close(); err != nil || n != benchMails {
				b.Fatal(n, err)
			}
			c.Close()
		}
		perSecond(b)
	})
	b.Run("Poll", func(b *testing.B) {
		for b.Loop() {
			at = bouncehound.Place{}
			got, err := newBench(&at).Poll(b.Context())
			if err != nil || got.Fetched != benchMails {
				b.Fatal(got, err)
			}
		}
		perSecond(b)
	})
	b.Run("Examine", func(b *testing.B) {
		for b.Loop() {
			c := bare(b, server)
			c.Close()
		}
	})
	b.Run("NothingNew", func(b *testing.B) {
		for b.Loop() {
			got, err := newBench(&at).Poll(b.Context())
			if err != nil || got.Fetched != 0 {
				b.Fatal(got, err)
			}
		}
	})
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)*benchMails/b.Elapsed().Seconds(), "msg/s")
}

// bare is a client that has INBOX open.
func bare(b *testing.B, server *imaptest.Server) *imapclient.Client {
	b.Helper()
	c, err := imapclient.DialInsecure(server.Addr, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		b.Fatal(err)
	}
	return c
}

// benchStore knows the cursor only.
type benchStore struct {
	poller.Store
	at *bouncehound.Place
}

func (s benchStore) FolderCursor(context.Context, string, string) (bouncehound.Place, error) {
	return *s.at, nil
}

func (benchStore) Withheld(context.Context, string, string, uint32) ([]bouncehound.Withheld, error) {
	return nil, nil
}

func (benchStore) Recorded(context.Context, string, string, uint32, uint32) ([]uint32, error) {
	return nil, nil
}
