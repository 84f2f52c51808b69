package notify

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostDials is how many connections one attempt may open: one, and a few more where
	// a server that is being shut down ends them.
	mostDials = 4
	// mostOpen is how many an endpoint has at a time. There is one attempt at a time.
	mostOpen = 4
)

// A dialer opens the connections to one endpoint, and few of them.
//
// QUIRK: net/http (Go 1.26) opens one connection of HTTP/2 after another, without end
// and without a pause, for as long as the server says GOAWAY (RFC 9113 section 6.8) on
// each; forgets to close them if the server does not; and goes on with one on which no
// answer came in time, though the server behind it may be gone.
type dialer struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	open []*line // the oldest first
}

func newDialer() *dialer {
	return &dialer{dial: (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext}
}

type dialsKey struct{}

// sparing returns a context for one attempt, within which few connections are opened.
func sparing(ctx context.Context) context.Context {
	return context.WithValue(ctx, dialsKey{}, new(atomic.Int32))
}

// connect opens a connection, and closes the oldest that is one too many.
func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if n, ok := ctx.Value(dialsKey{}).(*atomic.Int32); ok && n.Add(1) > mostDials {
		return nil, errors.New("the server ends every connection before it answers")
	}
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: conn, of: d}
	d.mu.Lock()
	d.open = append(d.open, l)
	var old *line
	if len(d.open) > mostOpen {
		old = d.open[0]
	}
	d.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return l, nil
}

// hangUp closes every connection.
func (d *dialer) hangUp() {
	d.mu.Lock()
	all := slices.Clone(d.open)
	d.mu.Unlock()
	for _, l := range all {
		l.Close()
	}
}

// A line is a connection that its dialer knows of while it is open.
type line struct {
	net.Conn
	of *dialer
}

func (l *line) Close() error {
	l.of.mu.Lock()
	l.of.open = slices.DeleteFunc(l.of.open, func(o *line) bool { return o == l })
	l.of.mu.Unlock()
	return l.Conn.Close()
}
