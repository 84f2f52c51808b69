package poller

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// A part is what a server told of one message.
type part struct {
	uid      uint32
	size     int64 // RFC822.SIZE; -1 if it was not told
	internal time.Time
	raw      []byte // nil if there was no body
	refused  error  // why it is withheld
	gone     bool   // it is not there
}

// A collection gathers what a FETCH command brings. go-imap gives a response to the
// command only if its UID comes before the body and came only once; what it gives
// to nobody is taken here all the same, from strays.
//
// QUIRK: servers may put UID behind BODY[], or send an unsolicited FETCH of a
// message just before the one that was asked for.
type collection struct {
	abort func(error)
	dead  <-chan struct{} // closed when the connection is, and go-imap's reader gone

	mu     sync.Mutex
	idle   sync.Cond
	busy   int
	closed bool
	budget int64 // octets of literals that may still come
	parts  map[uint32]*part
	from   uint32   // if not 0, all that is told is gathered in uids,
	uids   []uint32 // from this UID on
}

func newCollection(uids []uint32, budget int64, abort func(error), dead <-chan struct{}) *collection {
	c := &collection{abort: abort, dead: dead, budget: budget, parts: make(map[uint32]*part, len(uids))}
	c.idle.L = &c.mu
	for _, uid := range uids {
		c.parts[uid] = nil
	}
	return c
}

// take reads one response to its end.
func (c *collection) take(msg *imapclient.FetchMessageData) {
	got := part{size: -1}
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			got.uid = uint32(item.UID)
		case imapclient.FetchItemDataRFC822Size:
			got.size = item.Size
		case imapclient.FetchItemDataInternalDate:
			got.internal = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal != nil {
				got.raw = c.read(item.Literal)
			}
		}
	}
	c.add(got)
}

// add keeps what was told of one message. What was gathered belongs to the one who
// asked once it is finished: a stray that comes later may not even look at it.
func (c *collection) add(got part) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	known, asked := c.parts[got.uid]
	switch {
	case c.from != 0 && got.uid >= c.from && len(c.uids) <= maxListed:
		c.uids = append(c.uids, got.uid)
	case !asked:
	case known == nil:
		c.parts[got.uid] = &got
	default:
		if known.size < 0 {
			known.size = got.size
		}
		if known.internal.IsZero() {
			known.internal = got.internal
		}
		if known.raw == nil {
			known.raw = got.raw
		}
	}
}

// read reads a literal whole. A server may announce any size: what was not to be
// expected is not read, and the connection is closed. A literal cut short looks
// like a short one; nil is returned for it.
func (c *collection) read(literal interface {
	io.Reader
	Size() int64
}) []byte {
	size := literal.Size()
	c.mu.Lock()
	left := c.budget
	if size <= left {
		c.budget -= size
	}
	c.mu.Unlock()
	if size > left {
		c.abort(fmt.Errorf("the server announces a literal of %d octets where at most %d were to be expected", size, left))
		// go-imap reads on through what has come already. Once it has this literal whole
		// it hands over the next, and waits for somebody to take it.
		if n, _ := io.Copy(io.Discard, literal); n < size {
			<-c.dead
		}
		return nil
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(literal, raw); err != nil {
		// After an error go-imap reads on by itself, and would, when this response is
		// left, read the literal at the same time.
		c.abort(errors.New("the connection was cut off in the middle of a message"))
		<-c.dead
		return nil
	}
	// go-imap goes on only when it has seen the reader reach its end.
	_, _ = literal.Read(make([]byte, 1))
	return raw
}

// finish waits for the strays that are being read; what was gathered is whole then.
func (c *collection) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy > 0 {
		c.idle.Wait()
	}
	c.closed = true
}

// strays passes FETCH responses that go-imap has no command for to the collection
// that is being made, if any.
type strays struct {
	mu      sync.Mutex
	current *collection
	nobody  *collection // takes those that come when nothing is asked for
}

func (s *strays) set(c *collection) {
	s.mu.Lock()
	s.current = c
	s.mu.Unlock()
}

// take runs in a goroutine of go-imap's, which reads no further while a literal
// is open: a collection is never finished before a stray with a body is read.
func (s *strays) take(msg *imapclient.FetchMessageData) {
	s.mu.Lock()
	c := s.current
	if c == nil {
		c = s.nobody
	}
	c.mu.Lock()
	c.busy++
	c.mu.Unlock()
	s.mu.Unlock()
	c.take(msg)
	c.mu.Lock()
	c.busy--
	c.idle.Broadcast()
	c.mu.Unlock()
}
