package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

//go:embed demo/*.eml
var demoMessages embed.FS

const (
	demoUser     = "bounces@shop.example"
	demoPassword = "demo"
)

// A demoInbox is an IMAP server in memory, on loopback, with the sample messages.
type demoInbox struct {
	address  string
	subjects map[uint32]string // by UID, what people call the message
	server   *imapserver.Server
}

func startDemoInbox(now time.Time) (*demoInbox, error) {
	names, err := fs.Glob(demoMessages, "demo/*.eml")
	if err != nil {
		return nil, err
	}
	user := imapmemserver.NewUser(demoUser, demoPassword)
	if err := user.Create("INBOX", nil); err != nil {
		return nil, err
	}
	inbox := &demoInbox{subjects: map[uint32]string{}}
	for i, name := range names {
		raw, err := demoMessages.ReadFile(name)
		if err != nil {
			return nil, err
		}
		at := now.Add(time.Duration(i-len(names)) * time.Minute)
		raw = bytes.ReplaceAll(raw, []byte("@DATE@"), []byte(at.UTC().Format(time.RFC1123Z)))
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
		put, err := user.Append("INBOX", demoLiteral{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at})
		if err != nil {
			return nil, fmt.Errorf("put %s into the inbox: %w", name, err)
		}
		_, words, _ := strings.Cut(strings.TrimSuffix(name, ".eml"), "-")
		inbox.subjects[uint32(put.UID)] = strings.ReplaceAll(words, "-", " ")
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	inbox.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		InsecureAuth: true, // on loopback, with a password that guards nothing
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	inbox.address = ln.Addr().String()
	go func() { _ = inbox.server.Serve(ln) }() // returns when close is called
	return inbox, nil
}

func (in *demoInbox) close() { in.server.Close() }

// A demoLiteral is a message as go-imap's server takes it.
type demoLiteral struct{ *bytes.Reader }

func (l demoLiteral) Size() int64 { return int64(l.Len()) }
