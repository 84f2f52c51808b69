package poller

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"bouncehound"
)

const (
	// maxHeld and maxHeldSize bound what is read and not yet kept: messages, and UIDs
	// without one, and octets. A single larger message has the hold to itself.
	maxHeld     = 10 * maxBatch
	maxHeldSize = 4 << 20
)

// A pipeline is the three things that go on side by side: reading from the server,
// judging (a worker a core) and keeping. Between them is a hold of bounded size.
type pipeline struct {
	hold  *hold
	read  chan []item   // draughts, in the order of their messages
	judge chan *judging // the same messages, for the workers
	stop  chan struct{} // closed when what is read is for nobody
}

// A hold counts what is between the server and the store. One goroutine fills it and
// one empties it.
type hold struct {
	mu    sync.Mutex
	items int
	size  int64
	freed chan struct{} // something was taken out since the reader last looked
	full  chan struct{} // the reader waits
}

func newHold() *hold {
	return &hold{freed: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

// put reports whether there was room.
func (h *hold) put(items int, size int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.items > 0 && (h.items+items > maxHeld || h.size+size > maxHeldSize) {
		return false
	}
	h.items += items
	h.size += size
	return true
}

func (h *hold) take(items int, size int64) {
	h.mu.Lock()
	h.items -= items
	h.size -= size
	h.mu.Unlock()
	select {
	case h.freed <- struct{}{}:
	default:
	}
}

// room waits until so much more may be read. No command is open meanwhile; a server
// that hears nothing for long would hang up, so that it hears a NOOP now and then.
func (p *pipeline) room(s *session, items int, size int64) (bool, error) {
	if p == nil || p.hold.put(items, size) {
		return true, nil
	}
	wait := time.NewTicker(s.stall)
	defer wait.Stop()
	for {
		select {
		case p.hold.full <- struct{}{}:
		default:
		}
		select {
		case <-p.hold.freed:
		case <-p.stop:
			return false, nil
		case <-wait.C:
			if err := s.do(0, func() error { return s.client.Noop().Wait() }); err != nil {
				return false, err
			}
		}
		if p.hold.put(items, size) {
			return true, nil
		}
	}
}

// put passes on a draught for which there was room, and so never waits.
func (p *pipeline) put(items []item) bool {
	select {
	case <-p.stop:
		return false
	default:
	}
	for i := range items {
		if !items[i].skip {
			j := &judging{judged: bouncehound.Judged{Message: items[i].message}, done: make(chan struct{})}
			items[i].message = bouncehound.Message{} // whose bytes may be held no longer than it takes to judge it
			items[i].judging = j
			p.judge <- j
		}
	}
	p.read <- items
	return true
}

// read reads messages and has them kept; c knows then which are.
func (p *Poller) read(ctx context.Context, r *reading, c *commit) error {
	line := &pipeline{newHold(), make(chan []item, maxHeld), make(chan *judging, maxHeld), make(chan struct{})}
	r.line, c.hold = line, line.hold
	workers := p.crew(line.judge)
	read := make(chan error, 1)
	go func() {
		defer close(line.judge)
		defer close(line.read)
		defer func() {
			if broken := recover(); broken != nil {
				read <- fmt.Errorf("reading failed, please report this: %v\n%s", broken, debug.Stack())
			}
		}()
		read <- r.run(c.stretch.uids, line.put)
	}()
	kept := false
	defer func() { // also if the handler panics
		close(line.stop)
		if !kept {
			r.session.wire.abort(errUnwanted) // what is still being read is for nobody
		}
		workers.rest()
	}()
	if err := c.run(ctx, line.read); err != nil {
		return err
	}
	kept = true
	return fail("fetch", r.folder.name, <-read)
}
