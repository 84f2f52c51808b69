// Package imaptest runs IMAP servers for tests, on loopback and for as long as the
// test runs: Memory in this process; Dovecot, Cyrus and Courier as the real thing. All
// are loaded and looked at by the same methods, which speak IMAP and take the names of
// folders with "/" between the levels.
package imaptest

import (
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// The one account of every server.
const (
	Username = "bounces@example.com"
	Password = "correct horse"
)

// A Server is a running IMAP server.
type Server struct {
	Addr    string         // host:port, plain, with STARTTLS offered
	TLSAddr string         // host:port, TLS from the start
	Pool    *x509.CertPool // trusts the server's self-signed certificate for localhost and 127.0.0.1

	t         testing.TB
	username  string // empty: Username
	password  string // empty: Password
	prefix    string // of all folders but INBOX
	separator string // between the levels of folders; empty: "/"
	dial      func(context.Context) (net.Conn, error)
	setCaps   func([]imap.Cap)
	deliver   func([]Mail) // nil: Load does
}

// Account returns the user and the password of the one account.
func (s *Server) Account() (username, password string) {
	if s.username != "" {
		return s.username, s.password
	}
	return Username, Password
}

// named returns the server's name of a folder with "/" between its levels.
func (s *Server) named(folder string) string {
	if folder == "INBOX" {
		return folder
	}
	if s.separator != "" {
		folder = strings.ReplaceAll(folder, "/", s.separator)
	}
	return s.prefix + folder
}

// Dial connects to the server's plain side, whatever the address; it fits
// poller.Poller.Dial.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if s.dial != nil {
		return s.dial(ctx)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
}

// A Mail is a message as it lies in a folder.
type Mail struct {
	UID          uint32
	Flags        []string // sorted, without \Recent
	InternalDate time.Time
	Raw          []byte
}

// SetCaps changes what the server advertises from the next connection on. What is
// not advertised is refused by Memory and still works, as it would, with Dovecot.
func (s *Server) SetCaps(caps ...imap.Cap) {
	s.t.Helper()
	s.setCaps(caps)
}

// Append puts a message into a folder, which is created where it is missing.
func (s *Server) Append(folder string, raw []byte, internal time.Time, flags ...string) {
	s.t.Helper()
	s.Load(folder, Mail{Raw: raw, InternalDate: internal, Flags: flags})
}

// Deliver puts messages into INBOX as an MTA would, which for a great many is faster
// than Load; Dovecot then takes the time of the file as INTERNALDATE, and no flags.
func (s *Server) Deliver(mails ...Mail) {
	s.t.Helper()
	if s.deliver == nil {
		s.Load("INBOX", mails...)
		return
	}
	s.deliver(mails)
}

// Load puts messages into a folder over one connection, in this order. A zero
// InternalDate is now; the UIDs are the server's.
func (s *Server) Load(folder string, mails ...Mail) {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	if folder != "INBOX" {
		_ = c.Create(s.named(folder), nil).Wait() // it may exist
	}
	for _, m := range mails {
		options := &imap.AppendOptions{Time: m.InternalDate}
		for _, flag := range m.Flags {
			options.Flags = append(options.Flags, imap.Flag(flag))
		}
		cmd := c.Append(s.named(folder), int64(len(m.Raw)), options)
		if _, err := cmd.Write(m.Raw); err != nil {
			s.t.Fatal(err)
		}
		if err := cmd.Close(); err != nil {
			s.t.Fatal(err)
		}
		if _, err := cmd.Wait(); err != nil {
			s.t.Fatalf("append to %s: %v", folder, err)
		}
	}
}

// List returns what lies in a folder, in its order; nil if there is no such folder.
func (s *Server) List(folder string) []Mail {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	data, err := c.Select(s.named(folder), &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || data.NumMessages == 0 {
		return nil
	}
	body := &imap.FetchItemBodySection{Peek: true}
	all := imap.SeqSet{{Start: 1, Stop: data.NumMessages}}
	got, err := c.Fetch(all, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{body},
	}).Collect()
	if err != nil {
		s.t.Fatalf("list %s: %v", folder, err)
	}
	mails := make([]Mail, 0, len(got))
	for _, m := range got {
		mail := Mail{UID: uint32(m.UID), InternalDate: m.InternalDate, Raw: bytes.Clone(m.FindBodySection(body))}
		for _, flag := range m.Flags {
			if flag != `\Recent` {
				mail.Flags = append(mail.Flags, string(flag))
			}
		}
		slices.Sort(mail.Flags)
		mails = append(mails, mail)
	}
	return mails
}

// Folders returns the names of all folders as the server has them, sorted.
func (s *Server) Folders() []string {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	listed, err := c.List("", "*", nil).Collect()
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, data := range listed {
		names = append(names, data.Mailbox)
	}
	slices.Sort(names)
	return names
}

// Flag adds flags to a message.
func (s *Server) Flag(folder string, uid uint32, flags ...string) {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	s.selectFolder(c, folder)
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true}
	for _, flag := range flags {
		add.Flags = append(add.Flags, imap.Flag(flag))
	}
	if err := c.Store(imap.UIDSetNum(imap.UID(uid)), add, nil).Close(); err != nil {
		s.t.Fatal(err)
	}
}

// Copy copies a message to another folder.
func (s *Server) Copy(folder string, uid uint32, target string) {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	s.selectFolder(c, folder)
	if _, err := c.Copy(imap.UIDSetNum(imap.UID(uid)), s.named(target)).Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// Expunge takes messages out of a folder, and with them what else is \Deleted.
func (s *Server) Expunge(folder string, uids ...uint32) {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	s.selectFolder(c, folder)
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := c.Store(set, deleted, nil).Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := c.Expunge().Close(); err != nil {
		s.t.Fatal(err)
	}
}

// Delete deletes a folder with its messages.
func (s *Server) Delete(folder string) {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	if err := c.Delete(s.named(folder)).Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// Recreate deletes a folder and makes it anew with the same messages: it has another
// UIDVALIDITY then. Dovecot does not do so with INBOX.
func (s *Server) Recreate(folder string) {
	s.t.Helper()
	mails := s.List(folder)
	c := s.client()
	defer c.Close()
	if err := c.Delete(s.named(folder)).Wait(); err != nil {
		s.t.Fatal(err)
	}
	if err := c.Create(s.named(folder), nil).Wait(); err != nil {
		s.t.Fatal(err)
	}
	s.Load(folder, mails...)
}

func (s *Server) selectFolder(c *imapclient.Client, folder string) {
	s.t.Helper()
	if _, err := c.Select(s.named(folder), nil).Wait(); err != nil {
		s.t.Fatalf("select %s: %v", folder, err)
	}
}

func (s *Server) client() *imapclient.Client {
	s.t.Helper()
	conn, err := s.Dial(context.Background(), "", "")
	if err != nil {
		s.t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	if err := c.Login(s.Account()).Wait(); err != nil {
		c.Close()
		s.t.Fatalf("log in to the test server: %v", err)
	}
	return c
}
