package poller_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// A script is an IMAP server that does as it is told. Left to itself it is a good
// one, with the mails in INBOX, UID n for the nth; those that are "" are not there.
type script struct {
	mails []string
	gone  map[int]bool // expunged
	// on is asked first about every command; it returns false to leave the answer
	// to the script.
	on   func(c *scripted, tag, command string) bool
	mu   sync.Mutex
	said []string // every command, without its tag
	tls  *tls.Config
	last net.Conn // the connection that came last
}

// hangUp ends the connection that came last.
func (s *script) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.Close()
}

type scripted struct {
	*script
	conn net.Conn
	in   *bufio.Reader
	idle string // the tag of IDLE
}

func (c *scripted) send(format string, args ...any) { fmt.Fprintf(c.conn, format+"\r\n", args...) }

// dial fits poller.Poller.Dial.
func (s *script) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	if s.tls != nil {
		server = tls.Server(server, s.tls)
	}
	c := &scripted{script: s, conn: server, in: bufio.NewReader(server)}
	s.mu.Lock()
	s.last = server
	s.mu.Unlock()
	go c.serve()
	return client, nil
}

func (c *scripted) serve() {
	defer c.conn.Close()
	if c.on == nil || !c.on(c, "*", "GREETING") {
		c.send("* OK [CAPABILITY IMAP4rev1 UIDPLUS] ready")
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if tag == "DONE" {
			command = tag
		}
		c.mu.Lock()
		c.said = append(c.said, command)
		c.mu.Unlock()
		if c.on == nil || !c.on(c, tag, command) {
			c.answer(tag, command)
		}
	}
}

// answer is what a good server says.
func (c *scripted) answer(tag, command string) {
	words := strings.Fields(command)
	name := words[0]
	if name == "UID" {
		name += " " + words[1]
	}
	switch name {
	case "CAPABILITY":
		c.send("* CAPABILITY IMAP4rev1 UIDPLUS")
	case "LIST":
		c.send(`* LIST () "/" INBOX`)
	case "EXAMINE", "SELECT":
		c.send("* %d EXISTS", len(c.mails))
		c.send("* OK [UIDVALIDITY 7] valid")
	case "UID SEARCH":
		c.send("* SEARCH%s", c.uids(words))
	case "UID FETCH":
		for _, uid := range set(strings.ReplaceAll(words[2], "*", strconv.Itoa(len(c.mails)))) {
			if uid <= len(c.mails) && c.there(uid) {
				c.fetched(uid, command)
			}
		}
	case "UID COPY":
		c.send("%s OK [COPYUID 9 %s %s] done", tag, words[2], words[2])
		return
	case "UID EXPUNGE":
		for _, uid := range set(words[2]) {
			c.expunged(uid)
		}
	case "LOGOUT":
		c.send("* BYE bye")
	}
	c.send("%s OK done", tag)
}

func (c *scripted) uids(words []string) (found string) {
	asked := words[slices.Index(words[1:], "UID")+2]
	from, _, open := strings.Cut(asked, ":*")
	for i := range c.mails {
		in := slices.Contains(set(asked), i+1)
		if open {
			n, _ := strconv.Atoi(from)
			in = i+1 >= n
		}
		if c.there(i+1) && in {
			found += fmt.Sprintf(" %d", i+1)
		}
	}
	return found
}

func (s *script) there(uid int) bool { return s.mails[uid-1] != "" && !s.gone[uid] }

func (s *script) expunged(uid int) {
	if s.gone == nil {
		s.gone = map[int]bool{}
	}
	s.gone[uid] = true
}

// fetched answers one FETCH for sizes or for a body.
func (c *scripted) fetched(uid int, command string) {
	if strings.Contains(command, "BODY.PEEK[]") {
		c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
		return
	}
	c.send(`* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "20-Nov-2026 10:00:00 +0000")`, uid, uid, len(c.mails[uid-1]))
}

func (c *scripted) body(uid int) string {
	return fmt.Sprintf("BODY[] {%d}\r\n%s", len(c.mails[uid-1]), c.mails[uid-1])
}

// set reads a set of UIDs.
func set(s string) (uids []int) {
	for r := range strings.SplitSeq(s, ",") {
		from, to, ranged := strings.Cut(r, ":")
		if !ranged {
			to = from
		}
		first, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		for uid := first; uid <= last; uid++ {
			uids = append(uids, uid)
		}
	}
	return uids
}

// stall says nothing more and waits until the client is gone.
func (c *scripted) stall() { _, _ = io.Copy(io.Discard, c.in) }

// scriptPoller polls a script in clear.
func scriptPoller(s *script, m *memo) *poller.Poller {
	return &poller.Poller{
		Mailbox: poller.Mailbox{
			Name: "bounces", Host: "127.0.0.1:143", TLS: poller.TLSNone, Username: imaptest.Username,
			Password: password(imaptest.Password),
		},
		Store: m, Handle: m.handle, Dial: s.dial, Tries: 1,
	}
}

// inBubble runs a test with its own clock; it fails if a goroutine is left behind.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
