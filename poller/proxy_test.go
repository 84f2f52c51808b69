package poller_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/emersion/go-imap/v2"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// A fault is what a proxy does to a conversation, at one of its lines.
type fault struct {
	// server is given each line of the server's, a literal and what follows it with
	// the line before, and returns what is sent in its place. end is called to say no
	// more.
	server func(line string, end func(how ending)) string
	// client is given each command and returns what is answered in the server's place;
	// "" leaves it to the server.
	client func(tag, command string) string
}

type ending int

const (
	hangsUp ending = iota + 1
	stalls
)

var literal = regexp.MustCompile(`\{(\d+)\}\r\n$`)

// A proxy stands between a client and a server, and breaks what goes through.
type proxy struct {
	fault  fault
	server net.Conn
	mu     sync.Mutex    // of what is sent to the client
	inner  net.Conn      // the client's other end
	lines  *atomic.Int64 // counts the server's
	wrote  *atomic.Int64 // counts the client's
}

func (x *proxy) fromServer() {
	defer x.inner.Close()
	defer x.server.Close()
	in := bufio.NewReader(x.server)
	for {
		line, err := in.ReadString('\n')
		for m := literal.FindStringSubmatch(line); m != nil && err == nil; m = literal.FindStringSubmatch(line) {
			size, _ := strconv.Atoi(m[1])
			body := make([]byte, size)
			_, _ = io.ReadFull(in, body)
			var rest string
			rest, err = in.ReadString('\n')
			line += string(body) + rest
		}
		if err != nil {
			return
		}
		var how ending
		if x.fault.server != nil {
			line = x.fault.server(line, func(e ending) { how = e })
		}
		x.lines.Add(1)
		x.send(line)
		switch how {
		case hangsUp:
			return
		case stalls:
			_, _ = io.Copy(io.Discard, in) // until the client has had enough
			return
		}
	}
}

func (x *proxy) send(line string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, _ = io.WriteString(x.inner, line)
}

func (x *proxy) fromClient() {
	defer x.server.Close()
	defer x.inner.Close()
	in := bufio.NewReader(x.inner)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		x.wrote.Add(1)
		if x.fault.client != nil && command != "" {
			if answer := x.fault.client(tag, command); answer != "" {
				x.send(answer)
				continue
			}
		}
		if _, err := io.WriteString(x.server, line); err != nil {
			return
		}
	}
}

// through polls a server through a proxy, and then without.
func through(t *testing.T, where string, caps []imap.Cap, tries int, f fault) (lines, wrote int) {
	t.Helper()
	var fromServer, fromClient atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		server, m := imaptest.Pipe(t, caps...), newMemo()
		sample(server)
		sent := server.List("INBOX")
		p := newPoller(server, m)
		p.Mailbox.Host, p.Mailbox.TLS = server.Addr, poller.TLSNone
		p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done"
		p.Mailbox.Unread, p.Mailbox.UnreadTo = poller.UnreadMove, "Unread"
		p.SettleTime, p.Tries = 0, tries
		p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := server.Dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			client, inner := net.Pipe()
			x := &proxy{fault: f, server: conn, inner: inner, lines: &fromServer, wrote: &fromClient}
			go x.fromServer()
			go x.fromClient()
			return client, nil
		}
		_, err := p.Poll(t.Context())
		synctest.Wait()
		p.Dial = server.Dial
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatalf("%s: the poll after: %v", where, err)
		}
		for folder, want := range map[string]string{"INBOX": others, "Done": reports, "Unread": unread} {
			if got := look(server, folder); got != want {
				t.Errorf("%s: %s has %s (the poll said %v)", where, folder, got, err)
			}
		}
		if got := slices.Sorted(slices.Values(m.uids())); !slices.Equal(got, []uint32{1, 2, 3, 4, 5, 6}) || len(m.untidied) != 0 {
			t.Errorf("%s: kept %v, untidied %v (the poll said %v)", where, got, m.untidied, err)
		}
		for _, message := range m.kept {
			if i := int(message.Place.UID) - 1; i >= len(sent) || string(message.Raw) != string(sent[i].Raw) {
				t.Errorf("%s: UID %d is kept as %q", where, message.Place.UID, message.Raw)
			}
		}
	})
	return int(fromServer.Load()), int(fromClient.Load())
}

// at makes a fault that strikes once, at the nth line of the server's, over all connections.
func at(n int, strike func(line string, end func(ending)) string) fault {
	var lines atomic.Int64
	return fault{server: func(line string, end func(ending)) string {
		if lines.Add(1) == int64(n)+1 {
			return strike(line, end)
		}
		return line
	}}
}

// lie changes the size that a literal is announced with.
func lie(by int) func(string, func(ending)) string {
	announced := regexp.MustCompile(`\{(\d+)\}\r\n`)
	return func(line string, end func(ending)) string {
		return announced.ReplaceAllStringFunc(line, func(s string) string {
			size, _ := strconv.Atoi(announced.FindStringSubmatch(s)[1])
			return fmt.Sprintf("{%d}\r\n", size+by)
		})
	}
}

// Whatever a server says, and wherever in the conversation, the next good poll ends
// with every message kept once, every report moved once, and other mail as it was.
func TestFaults(t *testing.T) {
	before := func(what string) func(string, func(ending)) string {
		return func(line string, _ func(ending)) string { return what + "\r\n" + line }
	}
	faults := map[string]func(string, func(ending)) string{
		"garbage":           before("\x16\x03\x01 ((( {{{ \x00"),
		"a tagged line":     before("T0 OK who is T0"),
		"FETCH of flags":    before(`* 1 FETCH (FLAGS (\Seen))`),
		"FETCH with UID":    before(`* 3 FETCH (UID 3 FLAGS (\Deleted))`),
		"FETCH with a body": before("* 9 FETCH (UID 9 BODY[] {4}\r\nevil)"),
		"EXPUNGE":           before("* 1 EXPUNGE"),
		"EXPUNGE of many":   before("* 6 EXPUNGE\r\n* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n* 0 EXISTS"),
		"EXISTS":            before("* 7 EXISTS\r\n* 1 RECENT"),
		"SEARCH":            before("* SEARCH 3 77 4000000000"), "VANISHED": before("* VANISHED 1:6"),
		"CAPABILITY": before("* CAPABILITY IMAP4rev1"), "LIST": before(`* LIST () "." INBOX`),
		"a continuation": before("+ go on"), "an empty line": before(""),
		"an alert":           before("* NO [ALERT] the disk is nearly full"),
		"BYE":                func(_ string, end func(ending)) string { end(hangsUp); return "* BYE [UNAVAILABLE] going down\r\n" },
		"BYE and silence":    func(_ string, end func(ending)) string { end(stalls); return "* BYE going down\r\n" },
		"half a line":        func(line string, end func(ending)) string { end(hangsUp); return line[:len(line)/2] },
		"half and silence":   func(line string, end func(ending)) string { end(stalls); return line[:len(line)/2] },
		"a line left out":    func(string, func(ending)) string { return "" },
		"a line twice":       func(line string, _ func(ending)) string { return line + line },
		"a literal too long": lie(1000), "a bit too long": lie(2), "by a line too long": lie(3),
		"a literal too short": lie(-5), "a huge literal": lie(4_000_000_000), "no literal": lie(-1_000_000),
	}
	for name, caps := range map[string][]imap.Cap{"MOVE": {imap.CapMove, imap.CapUIDPlus}, "UIDPLUS": {imap.CapUIDPlus}} {
		t.Run(name, func(t *testing.T) {
			step := 3
			if slices.Contains(caps, imap.CapMove) && !testing.Short() {
				step = 1
			}
			lines, _ := through(t, "no fault", caps, 1, fault{})
			if lines < 30 {
				t.Fatalf("%d lines", lines)
			}
			for what, strike := range faults {
				for n := 0; n < lines; n += step {
					through(t, fmt.Sprintf("%s at line %d", what, n), caps, 1+n%2, at(n, strike))
				}
			}
		})
	}
}

// The same with an answer to each command that is not the one hoped for.
func TestFaultyAnswers(t *testing.T) {
	for name, caps := range map[string][]imap.Cap{"MOVE": {imap.CapMove, imap.CapUIDPlus}, "UIDPLUS": {imap.CapUIDPlus}} {
		t.Run(name, func(t *testing.T) {
			_, wrote := through(t, "no fault", caps, 1, fault{})
			for what, answer := range map[string]string{
				"NO": "%s NO not now", "BAD": "%s BAD what", "OK for nothing": "%s OK done", "NO [TRYCREATE]": "%s NO [TRYCREATE] no such folder",
			} {
				for n := range wrote {
					left := n
					through(t, fmt.Sprintf("%s to command %d", what, n), caps, 1, fault{client: func(tag, command string) string {
						if left--; left != -1 || command == "LOGOUT" {
							return ""
						}
						return fmt.Sprintf(answer, tag) + "\r\n"
					}})
				}
			}
		})
	}
}

// A server that puts UID behind the body, all the time.
func TestFaultUIDBehindBody(t *testing.T) {
	behind := regexp.MustCompile(`(?s)^(\* \d+ FETCH \()(UID \d+) (.*)\)\r\n$`)
	through(t, "UID behind", nil, 1, fault{server: func(line string, _ func(ending)) string {
		return behind.ReplaceAllString(line, "$1$3 $2)\r\n")
	}})
}
