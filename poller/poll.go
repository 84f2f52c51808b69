package poller

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	defaultTries = 5
	maxBackoff   = 30 * time.Second
)

// A visit is what one poll does in one folder, over all the connections it takes.
type visit struct {
	done    bool
	err     error // that ended it
	handled int   // new messages that were kept or passed
	seen    int   // new messages, those included
	read    int   // messages kept, for MaxPerPoll
	care    care
}

// Poll polls every folder once. An error in one folder does not keep it from the
// others; the errors are joined, and those of IMAP are of type *Error. A connection
// that is lost is taken up again where it was lost, after a pause that grows and
// varies, until Tries of them have brought nothing. When ctx ends the connection is
// closed at once.
func (p *Poller) Poll(ctx context.Context) (Result, error) {
	var result Result
	if err := p.Mailbox.check(); err != nil {
		return result, err
	}
	if err := p.throttled(); err != nil {
		return result, err
	}
	visits := make([]visit, len(p.Mailbox.folders()))
	for tries := 1; ; tries++ {
		before := result
		lost, err := p.connection(ctx, visits, &result)
		p.heed(err)
		if !lost || ctx.Err() != nil {
			return result, err
		}
		if result.settled() > before.settled() {
			tries = 1
		}
		if tries >= p.tries() {
			return result, err
		}
		wait := pause(tries)
		p.log().Warn("the connection was lost, it is taken up again", "err", err, "in", wait.Round(time.Millisecond))
		result.Lost++
		p.cutOff = time.Now()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return result, ctx.Err()
		}
	}
}

// settled is how much a poll has done that a lost connection does not undo.
func (r Result) settled() int { return r.Fetched + r.Skipped + r.Withheld + r.Tidied }

// pause is how long to wait before the next try: from one second on, doubled each
// time, and somewhere in its upper half, lest a crowd come back at once.
func pause(tries int) time.Duration {
	most := min(time.Second<<(tries-1), maxBackoff)
	return most/2 + rand.N(most/2)
}

// connection goes on with the poll over one connection. It reports whether that was
// lost, with the error, which is then not the end.
func (p *Poller) connection(ctx context.Context, visits []visit, result *Result) (lost bool, err error) {
	again := result.Lost > 0
	s, err := p.enter(ctx)
	if err != nil {
		// Where a connection that listens made room the next try may get it.
		room := ctx.Err() == nil && p.makesRoom(err)
		return room || again && !refused(err), err
	}
	defer s.close()
	if err := p.able(s); err != nil {
		return false, err
	}
	plan, err := p.plan(s)
	if err != nil {
		return s.lost(), err
	}
	var failed []error
	for i, f := range plan.folders {
		v := &visits[i]
		if !v.done {
			v.err = p.pollFolder(ctx, s, plan, f, v, result)
			v.done = v.err == nil || !s.dead()
		}
		if v.err != nil {
			failed = append(failed, v.err)
		}
		if s.dead() && v.err != nil {
			v.care.lost(v.err)
			return s.lost(), errors.Join(failed...)
		}
	}
	s.logout()
	return false, errors.Join(failed...)
}

func (p *Poller) tries() int {
	if p.Tries > 0 {
		return p.Tries
	}
	return defaultTries
}
