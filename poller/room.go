package poller

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"github.com/emersion/go-imap/v2"
)

// errLeft ends a connection for listening that was left to a poll.
var errLeft = errors.New("the server has no connection left for a poll")

// A room knows the connections that listen beyond the first, which a poll may have. Servers
// give an account, or an address, only so many, and say no more of it than that they refuse
// the next.
//
// QUIRK: Courier has four for an address if nobody sets MAXPERIP, and hangs up on the fifth.
type room struct {
	mu    sync.Mutex
	spare []*context.CancelCauseFunc // in the order in which they came to stand
}

// lend says that a connection may be ended for a poll, until back is called.
func (r *room) lend(end context.CancelCauseFunc) (back func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spare = append(r.spare, &end)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.spare = slices.DeleteFunc(r.spare, func(one *context.CancelCauseFunc) bool { return one == &end })
	}
}

// take ends one of them, and reports whether there was one.
func (r *room) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.spare) - 1
	if n < 0 {
		return false
	}
	(*r.spare[n])(errLeft)
	r.spare = r.spare[:n]
	return true
}

// makesRoom ends a connection that listens where a server may have refused another because
// there are too many, and reports whether it did.
func (p *Poller) makesRoom(err error) bool {
	var failed *Error
	var answer *imap.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &answer):
		if !later(err) && answer.Type != imap.StatusResponseTypeBye {
			return false
		}
	case !errors.As(err, &failed) || failed.Stage != "connect" && failed.Stage != "tls": // a token that is not to be had
		return false
	case errors.As(err, &dial) && dial.Op == "dial": // there is no server
		return false
	}
	return p.room.take()
}
