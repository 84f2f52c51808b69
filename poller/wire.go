package poller

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// slowest is the least speed, in octets a second, at which a server may answer.
const slowest = 8 << 10

// A wire is the connection below TLS. It knows how much came in, and why it was
// closed: go-imap has neither contexts nor timeouts of its own for commands, and
// closing the connection is what ends them.
type wire struct {
	net.Conn
	received atomic.Int64

	mu    sync.Mutex
	cause error
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.received.Add(int64(n))
	return n, err
}

// abort closes the connection. The first cause is what commands then fail with.
func (w *wire) abort(cause error) {
	w.mu.Lock()
	if w.cause == nil {
		w.cause = cause
	}
	w.mu.Unlock()
	w.Conn.Close()
}

// because returns why the connection was closed from here, else err.
func (w *wire) because(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.cause != nil {
		return w.cause
	}
	return err
}

// watch aborts the connection when nothing comes in for stall, or when the whole
// takes five times as long plus what size octets need at the slowest speed, until
// the function it returns is called.
func (w *wire) watch(stall time.Duration, size int64) (stop func()) {
	var (
		mu      sync.Mutex
		stopped bool
		timer   *time.Timer
		begun   = time.Now()
		limit   = 5*stall + time.Duration(size/slowest)*time.Second
		last    = w.received.Load()
	)
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(stall, func() {
		mu.Lock()
		defer mu.Unlock()
		now := w.received.Load()
		switch {
		case stopped:
		case now == last:
			w.abort(stallError{after: stall})
		case time.Since(begun) >= limit:
			w.abort(stallError{after: limit, slow: true})
		default:
			last = now
			timer.Reset(stall)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

// buffered reads a connection through a large buffer: go-imap's own of 4 KiB makes
// one TLS read of every few packets. first comes before all else.
func buffered(conn net.Conn, first string) mendedConn {
	return mendedConn{saslConn{conn}, &lines{r: bufio.NewReaderSize(conn, 64<<10), ready: []byte(first), greeted: first != ""}}
}

type mendedConn struct {
	net.Conn
	in *lines
}

func (c mendedConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// SetReadDeadline does nothing: a wire is watched.
//
// QUIRK: go-imap v2.0.0-beta.8 gives a line 30 seconds and a literal five minutes, also
// where it still comes.
func (c mendedConn) SetReadDeadline(time.Time) error { return nil }
